// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The steps of a sandbox, written down: each was measured and argued about, so none moves unnoticed. Numbers are the
/// kernel's: of resources, capabilities and calls of prctl(2).
enum GoldenSteps {
    static let memory =
        [
            "receive 4 descriptors over 11",
            "become uid 0, gid 0",
            "mask file modes with 022",
            "mount tmpfs on /stage",
        ] + fileSystems + settings
        + [
            "make /stage/root the root",
            "attach the mount at /sys/devices/system/cpu/online",
            "make the directory /root",
            "make the directory /home/sandbox",
            "make the directory /home",
            "make the directory /home/sandbox",
            "make the directory /home/sandbox/work",
        ] + agent

    static let disk =
        [
            "receive 5 descriptors over 11",
            "become uid 0, gid 0",
            "mask file modes with 022",
            "attach the mount at /stage",
        ] + fileSystems
        + [
            "mount tmpfs on /stage/root/tmp"
        ] + settings
        + [
            "make /stage/root the root",
            "attach the mount at /sys/devices/system/cpu/online",
            "make the directory /root",
            "make the directory /home/sandbox",
            "make the directory /w",
        ] + agent

    private static let fileSystems = [
        "make the directory /stage/upper",
        "make the directory /stage/work",
        "make the directory /stage/usr-upper",
        "make the directory /stage/usr-work",
        "make the directory /stage/lower",
        "make the directory /stage/lower-usr",
        "make the directory /stage/root",
        "attach the mount at /stage/lower",
        "attach the mount at /stage/lower-usr",
        "mount overlay on /stage/root",
        "mount overlay on /stage/root/usr",
        "attach the mount at /stage/root/dev",
        "mount tmpfs on /stage/root/dev/shm",
        "mount proc on /stage/root/proc",
        "mount devpts on /stage/root/dev/pts",
    ]

    private static let settings = [
        "write 0 to /stage/root/proc/sys/user/max_user_namespaces",
        "write 0 to /stage/root/proc/sys/net/ipv4/ip_unprivileged_port_start",
        "write 16384 to /stage/root/proc/sys/user/max_inotify_watches",
        "write 128 to /stage/root/proc/sys/user/max_inotify_instances",
        "write 128 to /stage/root/proc/sys/net/core/somaxconn",
        "write 4096 131072 212992 to /stage/root/proc/sys/net/ipv4/tcp_rmem",
        "write the file /stage/root/dev/shm/boot_id",
        "bind /stage/root/dev/shm/boot_id on /stage/root/proc/sys/kernel/random/boot_id",
        "remove the file /stage/root/dev/shm/boot_id",
    ]

    private static let agent = [
        "take the name sandbox",
        "bring up the loopback",
        "begin a session",
        "duplicate 13 to 0",
        "duplicate 13 to 1",
        "duplicate 13 to 2",
        "duplicate 12 to 3",
        "duplicate 15 to 4",
        "close from 5 on at exec",
        "limit resource 4 to 1, at most 1",
        "limit resource 7 to 4096, at most 4096",
        "bound capabilities to 6 7 8 21",
        "prctl 8 1",
        "become uid 64000, gid 64000",
        "have capabilities 6 7 8 21, ambient 6 7 8 21",
        "prctl 38 1",
        "prctl 1 9",
        "execute descriptor 14 as outpost-init guest, with 0 variables",
    ]
}

extension ChildStep {
    /// What the step does to the kernel, in words of its own: the names in the code may change, and the meaning not.
    var words: String {
        switch self {
        case .receiveDescriptors(let socket, let count): "receive \(count) descriptors over \(socket)"
        case .actAs(let uid, let gid, let owner): "act as uid \(uid), gid \(gid), and stay \(owner)'s"
        case .setIDs(let uid, let gid): "become uid \(uid), gid \(gid)"
        case .fileModeMask(let mask): "mask file modes with 0\(String(mask, radix: 8))"
        case .pivotRoot(let path): "make \(path) the root"
        case .setHostname(let name): "take the name \(name)"
        case .loopbackUp: "bring up the loopback"
        case .newSession: "begin a session"
        case .duplicate(let descriptor, let target): "duplicate \(descriptor) to \(target)"
        case .closeFrom(let first, let atOnce): "close from \(first) on \(atOnce ? "at once" : "at exec")"
        case .limit(let resource, let soft, let hard): "limit resource \(resource.rawValue) to \(soft), at most \(hard)"
        case .keepBounding(let kept): "bound capabilities to \(kept.numbers)"
        case .capabilities(let kept, let ambient): "have capabilities \(kept.numbers), ambient \(ambient.numbers)"
        case .processControl(let operation, let argument): "prctl \(operation) \(argument)"
        case .executeDescriptor(let descriptor, let arguments, let environment):
            "execute descriptor \(descriptor) as \(arguments.joined(separator: " ")), with \(environment.count) variables"
        default: label
        }
    }
}

extension Capabilities {
    /// Those of linux/capability.h.
    fileprivate var numbers: String {
        (0..<64).filter { rawValue & (1 << $0) != 0 }.map(String.init).joined(separator: " ")
    }
}
