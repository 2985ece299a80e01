// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The kernel settings of a sandbox that differ from the host's, and the host's settings that many sandboxes need.
enum KernelSettings {
    /// The steps that set limits of the sandbox's user and network namespaces (namespaces(7), "/proc/sys/user"). They must
    /// run before /proc/sys becomes read-only.
    static func bounds(root: String) -> [ChildStep] {
        [
            // A second barrier behind the seccomp filter: the kernel refuses new user namespaces anyway.
            .writeSetting("\(root)/proc/sys/user/max_user_namespaces", "0", isOptional: true),
            // Ports below 1024 need no privilege in the sandbox's own network namespace (ip(7)).
            .writeSetting("\(root)/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", isOptional: true),
            // No cgroup limits the number of watches. The kernel takes 3 µs to free each one, which delays the end of a killed
            // process.
            .writeSetting("\(root)/proc/sys/user/max_inotify_watches", "\(inotifyWatches)", isOptional: true),
            // The host's default for one user (fs.inotify.max_user_instances).
            .writeSetting("\(root)/proc/sys/user/max_inotify_instances", "\(inotifyInstances)", isOptional: true),
            // An unaccepted connection and the 64 KiB or more that were sent to it are charged to no cgroup, with any version
            // (net/ipv4/inet_connection_sock.c: `inet_csk_accept` charges). 128 was the kernel's default until 5.4.
            .writeSetting("\(root)/proc/sys/net/core/somaxconn", "\(waitingConnections)", isOptional: true),
            // The last number limits the receive queue of a socket. It includes unread errors and time stamps, which are
            // charged to no cgroup (net/core/skbuff.c, `sock_queue_err_skb`).
            .writeSetting("\(root)/proc/sys/net/ipv4/tcp_rmem", "4096 131072 \(receiveBuffer)", isOptional: true),
        ]
    }

    /// The step that mounts the sandbox's own instance of devpts (Documentation/filesystems/devpts.rst). Its nodes are devices,
    /// so it has no `nodev`. The number of terminals is limited, because the buffers of a terminal, up to 64 KiB each way, are
    /// charged to no cgroup (drivers/tty/tty_buffer.c), and all instances share `kernel.pty.max`.
    static func terminals(root: String) -> ChildStep {
        .mount(
            source: "devpts", target: "\(root)/dev/pts", type: "devpts",
            options: "newinstance,ptmxmode=0666,mode=0620,max=\(mostTerminals)",
            flags: MountFlags.noSetUID | MountFlags.noExecute)
    }

    private static let mostTerminals = 64
    private static let inotifyWatches = 16_384
    private static let inotifyInstances = 128
    private static let waitingConnections = 128
    /// Bytes; the kernel's default for other sockets (net/core/sock.c, `SK_RMEM_MAX`).
    private static let receiveBuffer = 212_992
    /// The largest `pid_max` of a 64-bit kernel (include/linux/threads.h, `PID_MAX_LIMIT`).
    private static let processNumbers: Int64 = 4_194_304

    /// Raises the host's limits of inotify, terminals, open files and process ids to what all sandboxes together may use.
    /// Never lowers one. If a limit cannot be raised, the limits of each sandbox still apply, and `outpost doctor` reports it.
    ///
    /// - inotify: the kernel counts each sandbox for its own id, but forks of a zygote also for the zygote's id
    ///   (kernel/ucount.c). With the host's default of 128 instances one fork could use all of them.
    /// - Open files: five runs with the default limits can open all files that a host of 24 GiB allows by default. The
    ///   server, which has no capability, could then open none.
    ///
    /// The host's limits protect little: except for terminals, the memory is charged to the cgroups of the runs.
    static func raiseHostLimits(sandboxes: UInt32) {
        for (name, each) in [("instances", inotifyInstances), ("watches", inotifyWatches)] {
            raise("fs/inotify/max_user_\(name)", to: min(Int64(sandboxes) * Int64(each), Int64(Int32.max)))
        }
        // The kernel reserves some terminals for the host, and allows a million (drivers/tty/pty.c, `NR_UNIX98_PTY_MAX`).
        raise("kernel/pty/max", to: min(Int64(sandboxes) * Int64(mostTerminals) + 4096, 1 << 20))
        raise("fs/file-max", to: .max)
        raise("kernel/pid_max", to: processNumbers)
    }

    private static func raise(_ name: String, to wanted: Int64) {
        let path = "/proc/sys/\(name)"
        guard let text = try? readText(path), let current = Int64(text.prefix { $0.isNumber }), current < wanted
        else { return }
        // The file is read-only if the server itself runs in a container. `outpost doctor` reports that.
        try? writeFile(path, String(wanted))
    }

    /// The steps that replace the host's boot id with a random one. The real one would reveal that two sandboxes run on the
    /// same host. The file's name is removed before the first program starts, so no program can change it.
    static func identity(root: String) -> [ChildStep] {
        let draft = "\(root)/dev/shm/boot_id"
        return [
            .writeFile(draft, Array("\(randomIdentity())\n".utf8), mode: 0o444),
            .bind(
                source: draft, target: "\(root)/proc/sys/kernel/random/boot_id",
                attributes: MountAttributes([.readOnly, .noSetUID, .noDevices, .noExecute]).rawValue),
            .removeFile(draft),
        ]
    }

    /// A random UUID of version 4 (RFC 9562, section 5.4).
    private static func randomIdentity() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { hexadecimal(bytes[$0]) }.joined(separator: "-")
    }
}
