// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The default image: the host's `/usr` with a synthetic root around it, so that a machine with Python runs Python
/// without a download. Of the host's `/etc` only what describes `/usr` is taken: the alternatives, the linker's cache, and
/// configuration without which programs there do not start or know no names.
struct HostImage {
    /// The directory that holds the root.
    let root: String

    /// Makes the root anew.
    func build() throws(SystemError) {
        for path in ["", "/etc", "/usr", "/dev", "/proc", "/home", "/var", "/var/lib", "/run", "/opt", "/mnt", "/srv"] {
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
        try replaceLink("\(root)/etc/mtab", target: "/proc/self/mounts")
        try replaceLink("\(root)/etc/os-release", target: "../usr/lib/os-release")
        for (name, content) in Self.files { try writeImageFile("etc/\(name)", content) }
        try copyAlternatives()
        // Without the cache every library is searched for in each directory and each processor variant of it.
        if exists("/etc/ld.so.cache") { try copyFile("ld.so.cache") }
        for name in try entries(of: "/etc") where Self.isConfiguration(name) { try copyOpen(name) }
    }

    private func writeImageFile(_ name: String, _ content: String) throws(SystemError) {
        try writeFile("\(root)/\(name)", content, flags: [.writeOnly, .create, .truncate], mode: 0o644)
        try setMode("\(root)/\(name)", 0o644)
    }

    private func copyAlternatives() throws(SystemError) {
        let copy = "\(root)/etc/alternatives"
        try makeDirectories(copy)
        for name in try entries(of: copy) { try removeEntry("\(copy)/\(name)") }
        guard exists("/etc/alternatives") else { return }
        for name in try entries(of: "/etc/alternatives") {
            if let target = linkTarget("/etc/alternatives/\(name)") {
                try replaceLink("\(copy)/\(name)", target: target)
            }
        }
    }

    /// Names of services, protocols and media types, and the directories to which Debian's Java links its configuration.
    private static func isConfiguration(_ name: String) -> Bool {
        ["services", "protocols", "mime.types"].contains(name) || name.hasPrefix("java-")
    }

    /// Copies what everybody on the host may read of an entry of `/etc`; a password beside it stays there.
    private func copyOpen(_ name: String) throws(SystemError) {
        guard isOpenToOthers("/etc/\(name)") else { return }
        if let target = linkTarget("/etc/\(name)") {
            try replaceLink("\(root)/etc/\(name)", target: target)
        } else if fileKind("/etc/\(name)") == .directory {
            try makeDirectories("\(root)/etc/\(name)")
            for entry in try entries(of: "/etc/\(name)") { try copyOpen("\(name)/\(entry)") }
        } else {
            try copyFile(name)
        }
    }

    private func copyFile(_ name: String) throws(SystemError) {
        let bytes = try readFile("/etc/\(name)", limit: 16 << 20)
        let path = "\(root)/etc/\(name)"
        let file = try Descriptor.open(path, [.writeOnly, .create, .truncate], mode: 0o644)
        try file.writeAll(bytes)
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
        ("hosts", "127.0.0.1\tlocalhost sandbox\n::1\tlocalhost\n"),
        ("hostname", "sandbox\n"),
        ("resolv.conf", ""),
        ("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\n"),
        ("machine-id", String(repeating: "0", count: 32) + "\n"),
    ]
}
