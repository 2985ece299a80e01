// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The steps of a sandbox, written down: each was measured and argued about, so none moves unnoticed.
enum GoldenSteps {
    static let memory =
        [
            "receiveDescriptors(socket: 11, count: 3)",
            "setIDs(uid: 0, gid: 0)",
            "fileModeMask(18)",
            "mount tmpfs on /stage",
        ] + fileSystems + settings
        + [
            "pivotRoot(\"/stage/root\")",
            "make the directory /root",
            "make the directory /home/sandbox",
            "make the directory /home",
            "make the directory /home/sandbox",
            "make the directory /home/sandbox/work",
        ] + agent

    static let disk =
        [
            "receiveDescriptors(socket: 11, count: 4)",
            "setIDs(uid: 0, gid: 0)",
            "fileModeMask(18)",
            "attach the mount at /stage",
        ] + fileSystems
        + [
            "mount tmpfs on /stage/root/tmp"
        ] + settings
        + [
            "pivotRoot(\"/stage/root\")",
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
    ]

    private static let settings = [
        "write 0 to /stage/root/proc/sys/user/max_user_namespaces",
        "write 16384 to /stage/root/proc/sys/user/max_inotify_watches",
        "write the file /stage/root/dev/shm/boot_id",
        "bind /stage/root/dev/shm/boot_id on /stage/root/proc/sys/kernel/random/boot_id",
        "remove the file /stage/root/dev/shm/boot_id",
    ]

    private static let agent = [
        "setHostname(\"sandbox\")",
        "loopbackUp",
        "newSession",
        "duplicate(13, to: 0)",
        "duplicate(13, to: 1)",
        "duplicate(13, to: 2)",
        "duplicate(12, to: 3)",
        "duplicate(15, to: 4)",
        "closeFrom(5)",
        "limit(OutpostLinux.ResourceLimit.coreSize, soft: 0, hard: 0)",
        "limit(OutpostLinux.ResourceLimit.openFiles, soft: 4096, hard: 4096)",
        "keepBounding(OutpostLinux.Capabilities(rawValue: 2097600))",
        "processControl(8, 1)",
        "setIDs(uid: 64000, gid: 64000)",
        "capabilities(OutpostLinux.Capabilities(rawValue: 2097600), ambient: OutpostLinux.Capabilities(rawValue: 2097600))",
        "processControl(38, 1)",
        "processControl(1, 9)",
        "executeDescriptor(14, arguments: [\"outpost-init\", \"guest\"], environment: [])",
    ]
}
