// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// What the host's packages tell of its configuration: which of it `/usr` leads to, and which of it is as it was brought.
public struct PackageFacts: Hashable, Sendable {
    /// Where links below `/usr` and the alternatives lead below `/etc` and `/var/lib`.
    public var targets: Set<String> = []
    /// The MD5 of each file of `/etc` as its package brought it, by path.
    public var digests: [String: String] = [:]

    public init() {}

    /// Reads the database of dpkg(1) and ucf(1), and walks `/usr`.
    ///
    /// - Parameter host: what is before every path; empty but in tests.
    public static func read(host: String = "") -> PackageFacts {
        var facts = PackageFacts()
        facts.readDigests(host)
        forEachSymbolicLink(below: "\(host)/usr") { path, target in
            facts.note(target, from: String(path.dropFirst(host.count)))
        }
        for name in (try? entries(of: "\(host)/etc/alternatives")) ?? [] {
            if let target = linkTarget("\(host)/etc/alternatives/\(name)") {
                facts.note(target, from: "/etc/alternatives/\(name)")
            }
        }
        return facts
    }

    private mutating func note(_ target: String, from link: String) {
        // Nearly all lead to their neighbours, and this is asked for each.
        guard target.utf8.first == UInt8(ascii: "/") || target.hasPrefix("..") else { return }
        let path = resolved(target, from: link)
        guard path.hasPrefix("/etc/") || path.hasPrefix("/var/lib/") else { return }
        // Those have their own place in the image.
        if path.hasPrefix("/etc/alternatives/") { return }
        targets.insert(path)
    }

    /// What packages brought and noted: configuration files in dpkg's status, the rest in its lists of sums, and what
    /// packages generate at their installation in ucf's.
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
            // " PATH MD5", and a word when the package does not have it any more.
            guard line.starts(with: " /etc/".utf8) else { return }
            let parts = line.split(separator: UInt8(ascii: " "))
            guard parts.count == 2, parts[1].count == 32 else { return }
            digests[Self.text(parts[0])] = Self.text(parts[1])
        }
    }

    private func readLines(_ path: String, _ body: (ArraySlice<UInt8>) -> Void) {
        // A host without this package manager has none of them.
        for line in ((try? readFile(path, limit: 256 << 20)) ?? []).split(separator: UInt8(ascii: "\n")) { body(line) }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// The absolute path that a link leads to, by its words alone.
func resolved(_ target: String, from link: String) -> String {
    var parts = target.isAbsolutePath ? [] : link.pathComponents.dropLast()
    for part in target.pathComponents where part != "." {
        if part != ".." { parts.append(part) } else if !parts.isEmpty { parts.removeLast() }
    }
    return "/" + parts.joined(separator: "/")
}
