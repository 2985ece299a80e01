// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostImage
import OutpostLinux

/// The default image: the host's `/usr` and a root that Outpost makes. A machine with Python can run Python without a
/// download. The image's `/etc` has copies of the files that `HostConfiguration` selects.
struct HostImage {
    /// The directory of the image's root.
    let root: String
    /// The host's configuration files to copy.
    let configuration: HostConfiguration
    /// The cgroup files that programs see.
    var view = CgroupView()

    /// Makes or updates the root. Other files in it stay, except in `/etc` and `/var/lib`.
    func build() throws(SystemError) {
        for path in [
            "", "/etc", "/usr", "/dev", "/proc", "/sys", "/home", "/var", "/var/lib", "/var/log", "/run", "/opt",
            "/mnt",
            "/srv",
        ] {
            try makeDirectories(root + path)
        }
        for path in ["/tmp", "/var/tmp", ImagePaths.caches] {
            try makeDirectories(root + path)
            try setMode(root + path, 0o1777)
        }
        for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] where exists("/usr/\(name)") {
            try replaceLink("\(root)/\(name)", target: "usr/\(name)")
        }
        try replaceLink("\(root)/var/run", target: "/run")
        try clear()
        try copyConfiguration()
        try replaceLink("\(root)/etc/mtab", target: "/proc/self/mounts")
        try replaceLink("\(root)/etc/os-release", target: "../usr/lib/os-release")
        try setTimeZone()
        try copyTopology()
        for path in view.directories { try makeDirectories(root + path) }
        for link in view.links { try replaceLink(root + link.path, target: link.target) }
        for (name, content) in Self.files { try writeImageFile("etc/\(name)", content) }
        try copyAlternatives()
        // Without the cache the loader searches each library in every directory and its variants for processors.
        if exists("/etc/ld.so.cache") { try copy("/etc/ld.so.cache") }
    }

    /// Removes the copies of an earlier server, because a package may be removed or a file not public any more.
    private func clear() throws(SystemError) {
        for name in try entries(of: "\(root)/etc") where name != ImagePaths.ownConfiguration {
            try remove("\(root)/etc/\(name)")
        }
        for name in try entries(of: "\(root)/var/lib") { try remove("\(root)/var/lib/\(name)") }
    }

    private func remove(_ path: String) throws(SystemError) {
        if FileInformation(path)?.kind == .directory { try removeTree(path) } else { try removeEntry(path) }
    }

    private func copyConfiguration() throws(SystemError) {
        for path in configuration.files {
            try makeParents(of: path)
            try copy(path)
        }
        for (path, target) in configuration.links.sorted(by: { $0.key < $1.key }) where !exists(root + path) {
            try makeParents(of: path)
            try replaceLink(root + path, target: target)
        }
    }

    private func makeParents(of path: String) throws(SystemError) {
        try makeDirectories(root + path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
    }

    private func copy(_ path: String) throws(SystemError) {
        let bytes = try readFile(path, limit: 16 << 20)
        let isExecutable = (FileInformation(path)?.mode ?? 0) & 0o001 != 0
        try removeEntry(root + path)
        try writeFile(root + path, bytes: bytes, mode: isExecutable ? 0o755 : 0o644, datedAs: path)
    }

    /// Sets UTC, so that results do not depend on the host's time zone and do not reveal it.
    private func setTimeZone() throws(SystemError) {
        try writeImageFile("etc/timezone", "Etc/UTC\n")
        try replaceLink("\(root)/etc/localtime", target: "../usr/share/zoneinfo/Etc/UTC")
    }

    /// Copies the lists of processors that the C library and lscpu(1) read. The image has nothing else of /sys.
    private func copyTopology() throws(SystemError) {
        let folder = "/sys/devices/system/cpu"
        try makeDirectories(root + folder)
        for name in ["possible", "present", "online"] {
            guard let text = try? readText("\(folder)/\(name)") else { continue }
            try writeImageFile("sys/devices/system/cpu/\(name)", text)
        }
    }

    private func writeImageFile(_ name: String, _ content: String) throws(SystemError) {
        try writeFile("\(root)/\(name)", content, flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try setMode("\(root)/\(name)", 0o644)
    }

    private func copyAlternatives() throws(SystemError) {
        let copy = "\(root)/etc/alternatives"
        try makeDirectories(copy)
        guard exists("/etc/alternatives") else { return }
        for name in try entries(of: "/etc/alternatives") {
            if let target = linkTarget("/etc/alternatives/\(name)") {
                try replaceLink("\(copy)/\(name)", target: target)
            }
        }
    }

    private static let files = [
        (
            "passwd",
            """
            root:x:0:0:root:/root:/bin/bash
            sandbox:x:1000:1000:sandbox:/home/sandbox:/bin/bash
            outpost:x:\(SandboxLayout.agentID):\(SandboxLayout.agentID):guest agent:/:/usr/sbin/nologin
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

            """
        ),
        ("group", "root:x:0:\nsandbox:x:1000:\noutpost:x:\(SandboxLayout.agentID):\nnogroup:x:65534:\n"),
        ("hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\tsandbox\n"),
        ("hostname", "sandbox\n"),
        ("resolv.conf", ""),
        ("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\n"),
        ("machine-id", String(repeating: "0", count: 32) + "\n"),
    ]
}
