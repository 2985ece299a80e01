// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostClient
import OutpostCore

/// A copy from this machine into a sandbox.
struct Upload {
    private let source: String
    private let place: SandboxPath
    private let client: OutpostClient

    init(_ source: String, _ place: SandboxPath, _ client: OutpostClient) {
        self.source = source
        self.place = place
        self.client = client
    }

    func run() async throws -> Transfer {
        if source == "-" {
            return try await send(try LocalFile(opened: dup(STDIN_FILENO), "standard input"), to: place)
        }
        let target = try await target()
        guard isLocalFolder(source) else { return try await send(try LocalFile(reading: source), to: target) }
        return try await sendFolder(to: target)
    }

    /// The destination, or the place in it when it is a folder.
    private func target() async throws -> SandboxPath {
        // The name of `.` is that of the folder.
        guard let name = lastName(URL(fileURLWithPath: source).standardizedFileURL.path) else { return place }
        if place.path.utf8.last == UInt8(ascii: "/") || lastName(place.path) == nil { return place.appending(name) }
        do throws(OutpostError) {
            return try await client.fileHead(place) == nil ? place.appending(name) : place
        } catch {
            guard error.code == .notFound else { throw error }
            return place
        }
    }

    private func send(_ file: LocalFile, to target: SandboxPath) async throws -> Transfer {
        let status = try file.status()
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        let size = isRegular ? Int64(status.st_size) : nil
        let progress = TransferProgress(source, total: size)
        defer { progress.end() }
        let query = FileWriteQuery(
            mode: isRegular && source != "-" ? UInt32(status.st_mode & 0o777) : nil, makesParents: false)
        let left = ByteCount(size)
        try await client.writeFile(target.path, in: target.sandbox, query, size: size) {
            guard let most = left.most, let bytes = try file.next(most: most) else {
                if left.isMissing {
                    throw OutpostError(.invalidRequest, "the file has become shorter while it was sent")
                }
                return nil
            }
            left.pass(bytes.count)
            progress.pass(bytes.count)
            return bytes
        }
        return Transfer(source: source, destination: target.text, entries: 1, bytes: progress.bytes)
    }

    private func sendFolder(to target: SandboxPath) async throws -> Transfer {
        let tree = try LocalTree(source)
        let progress = TransferProgress(source)
        defer { progress.end() }
        let query = ArchiveQuery(path: target.path, makesFolder: true)
        let unpacked = try await client.writeArchive(query, in: target.sandbox) {
            let part = try tree.next()
            progress.pass(part?.count ?? 0)
            return part
        }
        return Transfer(
            source: source, destination: target.text, entries: unpacked.entries,
            bytes: Int64(clamping: unpacked.body.bytes),
            leftOut: tree.leftOut)
    }
}
