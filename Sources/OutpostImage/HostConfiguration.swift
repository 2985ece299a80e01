// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The part of the host's configuration that is copied to the image. Candidates are:
///
/// - files that a package installed and nobody has changed, because they are public;
/// - targets in `/etc` and `/var/lib` of links in `/usr` and of the alternatives, and a few names that exist on every host.
///   No database lists the files that packages generate in such a directory, so their content is searched for secrets;
/// - symbolic links beside the files that are copied;
/// - paths that the operator adds.
///
/// A candidate is copied only if root owns it, everybody on the host can read it, and its `ConfigurationStanding` allows it.
/// A file that the operator wrote or changed therefore stays on the host, unless the operator adds it.
public struct HostConfiguration: Hashable, Sendable {
    /// Why a candidate is not in the image.
    public enum Omission: String, Sendable {
        case closed = "not readable by everybody, or writable by others than root"
        case secret = "may hold a secret"
        case changed = "changed since it was installed"
        case tooLarge = "too large"
        case missing = "missing"
    }

    /// The files to copy, as absolute paths of the host.
    public private(set) var files: [String] = []
    /// The links to make: the target by the absolute path of the host.
    public private(set) var links: [String: String] = [:]
    /// The candidates that are left out, by path.
    public private(set) var omissions: [String: Omission] = [:]

    private let host: String
    private let facts: PackageFacts
    /// The paths of `files` and `links`.
    private var seen: Set<String> = []
    /// The parent directories of `files`.
    private var folders: Set<String> = []
    /// The total size of `files`.
    private var bytes = 0

    /// Selects the configuration. Reads the candidates on the host and changes nothing.
    ///
    /// - Parameters:
    ///   - extra: absolute paths that the operator adds, with everything below them.
    ///   - host: a prefix for every path. It is empty except in tests.
    public init(_ facts: PackageFacts, extra: [String] = [], host: String = "") {
        self.facts = facts
        self.host = host
        for path in extra { include(path, .operators) }
        for path in facts.targets.sorted() { include(path, .linked) }
        for path in Self.names { include(path, .named) }
        for path in facts.digests.keys.sorted() { include(path, .installed) }
        includeLinks()
    }

    /// Names that exist on any host. With a package manager that stores no checksums, these and the links are the only
    /// candidates.
    private static let names = [
        "services", "protocols", "mime.types", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/tls/openssl.cnf",
        "pki/ca-trust/extracted/pem", "ca-certificates/extracted", "fonts", "xml", "crypto-policies",
    ].map { "/etc/" + $0 }

    /// Whether the image has this path as a file, a link or a parent directory of a file.
    public func contains(_ path: String) -> Bool { seen.contains(path) || folders.contains(path) }

    private static let largestFile = 16 << 20
    private static let most = (files: 20_000, bytes: 128 << 20)

    /// Why a path is a candidate.
    private enum Reason {
        /// A package database has its checksum.
        case installed
        /// It is one of `names`, or below one.
        case named
        /// It is the target of a link, or below one.
        case linked
        /// The operator added it, or a directory above it.
        case operators
    }

    /// - Parameter isInside: whether the path is below a candidate that was already checked.
    private mutating func include(_ path: String, _ reason: Reason, isInside: Bool = false) {
        // A path that was left out for one reason can be included for another.
        if seen.contains(path) { return }
        switch ConfigurationStanding(of: path) {
        case .open: break
        case .ofHost where reason == .operators: break
        case .secret: return omit(path, .secret)
        case .ofHost, .ofImage: return
        }
        guard let status = FileInformation(host + path) else { return reason == .installed ? () : omit(path, .missing) }
        guard isInside || isReachable(path) else { return omit(path, .closed) }
        switch status.kind {
        case .directory: includeEntries(path, status, reason)
        case .file: includeFile(path, status, reason, isInside)
        case .symlink where reason != .installed: includeLink(path, reason)
        case .symlink, .fifo, .socket, .device: break
        }
    }

    /// Whether everybody can enter all parent directories, and only root can write to them.
    private func isReachable(_ path: String) -> Bool {
        var folder = host
        for part in path.pathComponents.dropLast() {
            folder += "/" + part
            guard let status = FileInformation(folder), status.kind == .directory, isTrusted(status),
                status.mode & 0o001 != 0
            else { return false }
        }
        return true
    }

    /// Whether root owns it and others cannot write to it. In tests any owner is accepted.
    private func isTrusted(_ status: FileInformation) -> Bool {
        (status.uid == 0 || !host.isEmpty) && status.mode & 0o002 == 0
    }

    private mutating func includeEntries(_ path: String, _ status: FileInformation, _ reason: Reason) {
        guard isTrusted(status), status.mode & 0o005 == 0o005 else { return omit(path, .closed) }
        for name in (try? entries(of: host + path)) ?? [] { include("\(path)/\(name)", reason, isInside: true) }
    }

    private mutating func includeFile(_ path: String, _ status: FileInformation, _ reason: Reason, _ isInside: Bool) {
        guard isTrusted(status), status.mode & 0o004 != 0 else { return omit(path, .closed) }
        guard status.size <= Self.largestFile, bytes + Int(status.size) <= Self.most.bytes, seen.count < Self.most.files
        else {
            return omit(path, .tooLarge)
        }
        guard let content = try? readFile(host + path, limit: Self.largestFile) else { return omit(path, .missing) }
        if let omission = omission(path, content, reason, isInside) { return omit(path, omission) }
        seen.insert(path)
        omissions[path] = nil
        bytes += content.count
        files.append(path)
        var folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
        while !folder.isEmpty, folders.insert(String(folder)).inserted {
            folder = folder.prefix(upTo: folder.lastIndex(of: "/") ?? folder.startIndex)
        }
    }

    private func omission(_ path: String, _ content: [UInt8], _ reason: Reason, _ isInside: Bool) -> Omission? {
        if ConfigurationContent.holdsPrivateKey(content) { return .secret }
        if reason == .operators { return nil }
        if let digest = facts.digests[path] {
            if MessageDigest5.hexadecimal(content) == digest { return nil }
            // The programs of a package need a file that a link in `/usr` names directly, even if it was changed. The change
            // may have added a password, so its content is searched below.
            if reason != .linked || isInside { return .changed }
        }
        return ConfigurationContent.mentionsSecrets(content) ? .secret : nil
    }

    /// Includes a link. That reveals only the target's path. The target itself needs a reason of its own, unless the operator
    /// added the link.
    private mutating func includeLink(_ path: String, _ reason: Reason) {
        guard seen.count < Self.most.files, let target = linkTarget(host + path) else { return }
        seen.insert(path)
        links[path] = target
        if reason == .operators { include(resolved(target, from: path), reason) }
    }

    /// Includes links beside the included files. Packages make such links at their installation to select fonts, modules or
    /// versions, and no database lists them.
    private mutating func includeLinks() {
        let folders = Set(
            files.compactMap { path in path.hasPrefix("/etc/") ? path.pathComponents[1] : nil })
        for folder in folders.sorted() where FileInformation("\(host)/etc/\(folder)")?.kind == .directory {
            var found: [(String, String)] = []
            forEachSymbolicLink(below: "\(host)/etc/\(folder)") { path, target in
                found.append((String(path.dropFirst(host.count)), target))
            }
            for (path, target) in found where isPublic(resolved(target, from: path)) {
                guard ConfigurationStanding(of: path) == .open, isReachable(path) else { continue }
                includeLink(path, .linked)
            }
        }
        for name in (try? entries(of: "\(host)/etc")) ?? [] {
            let path = "/etc/\(name)"
            guard ConfigurationStanding(of: path) == .open, let target = linkTarget(host + path) else { continue }
            let destination = resolved(target, from: path)
            if destination.hasPrefix("/etc/alternatives/") || isPublic(destination) { includeLink(path, .linked) }
        }
    }

    private func isPublic(_ path: String) -> Bool {
        path.hasPrefix("/usr/") || seen.contains(path) || folders.contains(path)
    }

    private mutating func omit(_ path: String, _ omission: Omission) {
        if omissions[path] == nil { omissions[path] = omission }
    }
}
