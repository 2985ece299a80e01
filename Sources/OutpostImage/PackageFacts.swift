// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Facts about the host's configuration from its packages: which parts `/usr` links to, and the checksums of the installed
/// files.
public struct PackageFacts: Hashable, Sendable {
    /// The paths in `/etc` and `/var/lib` that links below `/usr` and the alternatives lead to.
    public var targets: Set<String> = []
    /// The MD5 of each file in `/etc` as its package installed it, by path.
    public var digests: [String: String] = [:]

    /// No facts.
    public init() {}

    /// Reads the databases of dpkg(1) and ucf(1) and all links below `/usr`. Skips what cannot be read.
    ///
    /// - Parameter host: a prefix for every path. It is empty except in tests.
    public static func read(host: String = "") -> PackageFacts {
        var facts = PackageFacts()
        facts.readDigests(host)
        forEachSymbolicLink(below: "\(host)/usr") { path, target in
            facts.addTarget(target, from: String(path.dropFirst(host.count)))
        }
        for name in (try? entries(of: "\(host)/etc/alternatives")) ?? [] {
            if let target = linkTarget("\(host)/etc/alternatives/\(name)") {
                facts.addTarget(target, from: "/etc/alternatives/\(name)")
            }
        }
        return facts
    }

    private mutating func addTarget(_ target: String, from link: String) {
        // A quick test first: nearly all links lead to an entry of their own directory.
        guard target.utf8.first == UInt8(ascii: "/") || target.hasPrefix("..") else { return }
        let path = resolved(target, from: link)
        guard path.hasPrefix("/etc/") || path.hasPrefix("/var/lib/") else { return }
        // The image has the alternatives anyway.
        if path.hasPrefix("/etc/alternatives/") { return }
        targets.insert(path)
    }

    /// Reads the checksums: of configuration files from dpkg's status, of other files from dpkg's md5sums, and of files that
    /// packages generate at their installation from ucf's hash file.
    private mutating func readDigests(_ host: String) {
        let database = "\(host)/var/lib/dpkg"
        for name in (try? entries(of: "\(database)/info")) ?? [] where name.hasSuffix(".md5sums") {
            readLines("\(database)/info/\(name)") { line in
                guard line.count > 36, line.dropFirst(34).starts(with: "etc/".utf8) else { return }
                digests["/" + Self.text(line.dropFirst(34))] = Self.text(line.prefix(32))
            }
        }
        readLines("\(host)/var/lib/ucf/hashfile") { line in
            guard line.count > 34 else { return }
            digests[Self.text(line.dropFirst(34))] = Self.text(line.prefix(32))
        }
        readLines("\(database)/status") { line in
            // " PATH MD5", with a third word if the package does not have the file any more.
            guard line.starts(with: " /etc/".utf8) else { return }
            let parts = line.split(separator: UInt8(ascii: " "))
            guard parts.count == 2, parts[1].count == 32 else { return }
            digests[Self.text(parts[0])] = Self.text(parts[1])
        }
    }

    private func readLines(_ path: String, _ body: (ArraySlice<UInt8>) -> Void) {
        // The files are missing on a host without this package manager.
        for line in ((try? readFile(path, limit: 256 << 20)) ?? []).split(separator: UInt8(ascii: "\n")) { body(line) }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// The absolute path of a link's target, from the text of the link. It does not read the file system.
func resolved(_ target: String, from link: String) -> String {
    var parts = target.isAbsolutePath ? [] : link.pathComponents.dropLast()
    for part in target.pathComponents where part != "." {
        if part != ".." { parts.append(part) } else if !parts.isEmpty { parts.removeLast() }
    }
    return "/" + parts.joined(separator: "/")
}
