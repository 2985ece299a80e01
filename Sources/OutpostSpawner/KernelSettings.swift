// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// What a sandbox gets below /proc/sys that differs from the host's.
enum KernelSettings {
    /// Bounds of the sandbox's own user and network namespaces (namespaces(7), "/proc/sys/user"), to be written before
    /// /proc/sys becomes read-only.
    static func bounds(root: String) -> [ChildStep] {
        [
            // A second lock behind the filter: a program that found a way to ask would still be refused.
            .writeSetting("\(root)/proc/sys/user/max_user_namespaces", "0", isOptional: true),
            // Ports below 1024 are the network namespace's own, where there is nobody to be taken for (ip(7)).
            .writeSetting("\(root)/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", isOptional: true),
            // No cgroup bounds watches by number, and the kernel takes 3 µs to free each one: those of a process that was
            // killed delay its end.
            .writeSetting("\(root)/proc/sys/user/max_inotify_watches", "\(inotifyWatches)", isOptional: true),
            // What a user of the host has by default (fs.inotify.max_user_instances).
            .writeSetting("\(root)/proc/sys/user/max_inotify_instances", "\(inotifyInstances)", isOptional: true),
            // A connection that nobody has accepted is charged to no cgroup, on any version, nor is what was sent to it, 64 KiB
            // and more (net/ipv4/inet_connection_sock.c: `inet_csk_accept` charges). 128 was the kernel's own until 5.4.
            .writeSetting("\(root)/proc/sys/net/core/somaxconn", "\(waitingConnections)", isOptional: true),
            // What a socket may have waiting grows up to the last of these, errors and time stamps that nobody reads included,
            // which are charged to no cgroup (net/core/skbuff.c, `sock_queue_err_skb`).
            .writeSetting("\(root)/proc/sys/net/ipv4/tcp_rmem", "4096 131072 \(receiveBuffer)", isOptional: true),
        ]
    }

    /// Pseudo-terminals of the sandbox's own: an instance that no other sees (Documentation/filesystems/devpts.rst), whose
    /// nodes are devices, so without `nodev`. What waits in a terminal is charged to no cgroup, up to 64 KiB each way
    /// (drivers/tty/tty_buffer.c), and all instances share `kernel.pty.max`, so the number is bounded.
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
    /// Bytes: what the kernel gives other sockets by default (net/core/sock.c, `SK_RMEM_MAX`).
    private static let receiveBuffer = 212_992
    /// The most that a kernel of 64 bits takes (include/linux/threads.h, `PID_MAX_LIMIT`).
    private static let processNumbers: Int64 = 4_194_304

    /// Makes room on the host for what all sandboxes may have of inotify, terminals, open files and process ids. Each
    /// sandbox's inotify is counted for its own id, but copies of one zygote are counted for that zygote's as well, and
    /// no process below it can change that (kernel/ucount.c): with the host's default of 128 a single copy could take all.
    /// Five runs with the default limits can open all files that a host of 24 GiB has by default, and the server, which has
    /// no capability, could then open none. What they take is charged to their cgroups, but for terminals, so the number
    /// itself protects nothing. The settings are only ever raised; where they cannot be, the bounds above still hold for each
    /// sandbox, and `outpost doctor` tells.
    static func raiseHostLimits(sandboxes: UInt32) {
        for (name, each) in [("instances", inotifyInstances), ("watches", inotifyWatches)] {
            raise("fs/inotify/max_user_\(name)", to: min(Int64(sandboxes) * Int64(each), Int64(Int32.max)))
        }
        // The kernel keeps some for the host alone, and has a million at most (drivers/tty/pty.c, `NR_UNIX98_PTY_MAX`).
        raise("kernel/pty/max", to: min(Int64(sandboxes) * Int64(mostTerminals) + 4096, 1 << 20))
        raise("fs/file-max", to: .max)
        raise("kernel/pid_max", to: processNumbers)
    }

    private static func raise(_ name: String, to wanted: Int64) {
        let path = "/proc/sys/\(name)"
        guard let text = try? readText(path), let current = Int64(text.prefix { $0.isNumber }), current < wanted
        else { return }
        // Read-only where the server itself is in a container, which is for its operator to know.
        try? writeFile(path, String(wanted))
    }

    /// Covers the host's boot id, which would tell that two sandboxes ran on the same host, with one that is made up.
    /// The file has no name any more when the first program starts, so nothing inside can change it.
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
