// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostTar

/// A folder of this machine as a tar archive, part by part: its files, folders, and the links that stay inside of it.
final class LocalTree: @unchecked Sendable {
    // One task at a time uses it: the one that sends the archive.
    private let root: String
    private var writer = TarWriter()
    /// The paths that are left, relative to the root.
    private var rest: [String] = []
    private var content: (file: LocalFile, rest: Int64, path: String)?
    private var hasEnded = false
    /// Paths that were left out with the reason, at most `mostNamed`.
    private(set) var leftOut: [String] = []

    private static let mostNamed = 20
    private static let partBytes = 262_144

    /// - Throws: `invalid_request` when the folder cannot be read.
    init(_ root: String) throws(OutpostError) {
        self.root = root
        try add("")
    }

    /// Returns the next part of the archive. Nil at the end.
    ///
    /// - Throws: `invalid_request` when a file cannot be read, or becomes shorter meanwhile.
    func next() throws(OutpostError) -> [UInt8]? {
        var part: [UInt8] = []
        do {
            while part.count < Self.partBytes, !hasEnded { part += content == nil ? try entry() : try more() }
        } catch let error as OutpostError {
            throw error
        } catch {
            throw OutpostError(.invalidRequest, "\(root) cannot be archived: \(error)", cause: error)
        }
        return part.isEmpty ? nil : part
    }

    /// Adds the names in a folder, the first one last.
    private func add(_ folder: String) throws(OutpostError) {
        let here = folder.isEmpty ? root : "\(root)/\(folder)"
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: here).sorted(by: >)
            rest += names.map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
        } catch {
            throw OutpostError(.invalidRequest, "cannot read the folder \(here)", cause: error)
        }
    }

    private func entry() throws -> [UInt8] {
        guard let path = rest.popLast() else {
            hasEnded = true
            return try writer.finish()
        }
        var status = stat()
        guard lstat("\(root)/\(path)", &status) == 0 else { throw LocalFile.failure("read", "\(root)/\(path)") }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try add(path)
            return try bare(TarEntry(path + "/", .directory, status))
        case S_IFLNK: return try link(path, status)
        case S_IFREG: return try file(path)
        default: return leaveOut(path, "a special file")
        }
    }

    private func bare(_ entry: TarEntry) throws -> [UInt8] { try writer.begin(entry) + writer.end() }

    private func link(_ path: String, _ status: stat) throws -> [UInt8] {
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: "\(root)/\(path)")
        guard ArchiveName.staysInside(target, of: path.pathComponents) else {
            return leaveOut(path, "a link out of the folder")
        }
        return try bare(TarEntry(path, .symbolicLink(target: Array(target.utf8)), status))
    }

    private func file(_ path: String) throws -> [UInt8] {
        let file = try LocalFile(reading: "\(root)/\(path)", followsLink: false)
        let status = try file.status()
        guard status.st_mode & S_IFMT == S_IFREG else { return leaveOut(path, "a special file") }
        let size = Int64(status.st_size)
        let header = try writer.begin(TarEntry(path, .file, status, size: UInt64(size)))
        if size == 0 { return try header + writer.end() }
        content = (file, size, path)
        return header
    }

    private func more() throws -> [UInt8] {
        guard let (file, rest, path) = content else { return [] }
        guard let bytes = try file.next(most: Int(min(rest, Int64(Self.partBytes)))) else {
            throw OutpostError(.invalidRequest, "\(root)/\(path) has become shorter while it was sent")
        }
        let part = Array(try writer.content(bytes[...]))
        let left = rest - Int64(part.count)
        content = left > 0 ? (file, left, path) : nil
        return left > 0 ? part : part + (try writer.end())
    }

    private func leaveOut(_ path: String, _ reason: String) -> [UInt8] {
        if leftOut.count < Self.mostNamed { leftOut.append("\(TextTable.printable(path)) (\(reason))") }
        return []
    }
}

extension TarEntry {
    fileprivate init(_ path: String, _ kind: TarKind, _ status: stat, size: UInt64 = 0) {
        self.init(
            path: Array(path.utf8), kind: kind, mode: UInt32(status.st_mode & 0o777), size: size,
            modified: TarTime(seconds: Int64(status.st_mtim.tv_sec)))
    }
}
