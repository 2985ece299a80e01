// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// What of the host's configuration an image has, by this rule:
///
/// - what a package brought and nobody has changed, since it is public;
/// - where links of `/usr` and the alternatives lead, in `/etc` and `/var/lib`, and a few names that exist on every host;
///   what packages made in such a directory when they were installed is noted nowhere, so it is looked at for secrets;
/// - links beside what is taken;
/// - what the operator adds;
///
/// and of all this only what is root's, what everybody on the host may read, and what `ConfigurationStanding` does not keep
/// out. So a file that the operator wrote or changed stays on the host unless the operator says otherwise.
public struct HostConfiguration: Hashable, Sendable {
    /// Why something is not in an image that would have been.
    public enum Omission: String, Sendable {
        case closed = "not for everybody to read, or not root's"
        case secret = "may hold a secret"
        case changed = "changed since it was installed"
        case tooLarge = "too large"
        case missing = "not there"
    }

    /// Files to copy and links to make, as absolute paths of the host.
    public private(set) var files: [String] = []
    public private(set) var links: [String: String] = [:]
    /// By path.
    public private(set) var omissions: [String: Omission] = [:]

    private let host: String
    private let facts: PackageFacts
    private var seen: Set<String> = []
    /// Directories with something in them.
    private var folders: Set<String> = []
    private var bytes = 0

    /// - Parameters:
    ///   - extra: absolute paths that the operator adds, with all that is below them.
    ///   - host: what is before every path; empty but in tests.
    public init(_ facts: PackageFacts, extra: [String] = [], host: String = "") {
        self.facts = facts
        self.host = host
        for path in extra { take(path, .operators) }
        for path in facts.targets.sorted() { take(path, .linked) }
        for path in Self.names { take(path, .named) }
        for path in facts.digests.keys.sorted() { take(path, .brought) }
        takeLinks()
    }

    /// Of hosts whatever their packages; a package manager that notes no sums has no more than these and the links.
    private static let names = [
        "services", "protocols", "mime.types", "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/tls/openssl.cnf",
        "pki/ca-trust/extracted/pem", "ca-certificates/extracted", "fonts", "xml", "crypto-policies",
    ].map { "/etc/" + $0 }

    /// Whether a path is there in an image, as a file, a link or a directory with something in it.
    public func contains(_ path: String) -> Bool { seen.contains(path) || folders.contains(path) }

    private static let largestFile = 16 << 20
    private static let most = (files: 20_000, bytes: 128 << 20)

    /// Why a path is considered.
    private enum Reason {
        /// Its package noted what it was; or it may be any of these: below what a link leads to, or itself.
        case brought, named, linked, operators
    }

    private mutating func take(_ path: String, _ reason: Reason, isInside: Bool = false) {
        // The first reason is the strongest, but what it left out may be in by another.
        if seen.contains(path) { return }
        switch ConfigurationStanding(of: path) {
        case .open: break
        case .ofHost where reason == .operators: break
        case .secret: return omit(path, .secret)
        case .ofHost, .ofImage: return
        }
        guard let status = FileInformation(host + path) else { return reason == .brought ? () : omit(path, .missing) }
        guard isInside || isReachable(path) else { return omit(path, .closed) }
        switch status.kind {
        case .directory: takeEntries(path, status, reason)
        case .file: takeFile(path, status, reason, isInside)
        case .symlink where reason != .brought: takeLink(path, reason)
        case .symlink, .fifo, .socket, .device: break
        }
    }

    /// Whether somebody who is nobody in particular gets there, and nobody but root could have put it there.
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

    /// Root's, and not written to by others. In tests the files are the tester's.
    private func isTrusted(_ status: FileInformation) -> Bool {
        (status.uid == 0 || !host.isEmpty) && status.mode & 0o002 == 0
    }

    private mutating func takeEntries(_ path: String, _ status: FileInformation, _ reason: Reason) {
        guard isTrusted(status), status.mode & 0o005 == 0o005 else { return omit(path, .closed) }
        for name in (try? entries(of: host + path)) ?? [] { take("\(path)/\(name)", reason, isInside: true) }
    }

    private mutating func takeFile(_ path: String, _ status: FileInformation, _ reason: Reason, _ isInside: Bool) {
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
            // A package that leads from `/usr` to a very file means it for all who run its programs, changed or not. But who
            // changed it may have written a password into it.
            if reason != .linked || isInside { return .changed }
        }
        return ConfigurationContent.speaksOfSecrets(content) ? .secret : nil
    }

    /// A link shows nothing but its own words; where it leads has to be taken for a reason of its own.
    private mutating func takeLink(_ path: String, _ reason: Reason) {
        guard seen.count < Self.most.files, let target = linkTarget(host + path) else { return }
        seen.insert(path)
        links[path] = target
        if reason == .operators { take(resolved(target, from: path), reason) }
    }

    /// Packages choose among what they brought by links that they make later and note nowhere: fonts, modules, versions.
    private mutating func takeLinks() {
        let folders = Set(
            files.compactMap { path in path.hasPrefix("/etc/") ? path.pathComponents[1] : nil })
        for folder in folders.sorted() where FileInformation("\(host)/etc/\(folder)")?.kind == .directory {
            var found: [(String, String)] = []
            forEachSymbolicLink(below: "\(host)/etc/\(folder)") { path, target in
                found.append((String(path.dropFirst(host.count)), target))
            }
            for (path, target) in found where isPublic(resolved(target, from: path)) {
                guard ConfigurationStanding(of: path) == .open, isReachable(path) else { continue }
                takeLink(path, .linked)
            }
        }
        for name in (try? entries(of: "\(host)/etc")) ?? [] {
            let path = "/etc/\(name)"
            guard ConfigurationStanding(of: path) == .open, let target = linkTarget(host + path) else { continue }
            let destination = resolved(target, from: path)
            if destination.hasPrefix("/etc/alternatives/") || isPublic(destination) { takeLink(path, .linked) }
        }
    }

    private func isPublic(_ path: String) -> Bool {
        path.hasPrefix("/usr/") || seen.contains(path) || folders.contains(path)
    }

    private mutating func omit(_ path: String, _ omission: Omission) {
        if omissions[path] == nil { omissions[path] = omission }
    }
}
