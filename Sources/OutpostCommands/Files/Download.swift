// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostClient
import OutpostCore

/// A copy from a sandbox to this machine.
struct Download {
    private let place: SandboxPath
    private let destination: String
    private let client: OutpostClient

    init(_ place: SandboxPath, _ destination: String, _ client: OutpostClient) {
        self.place = place
        self.destination = destination
        self.client = client
    }

    func run() async throws -> Transfer {
        let head = try await client.fileHead(place)
        switch (destination, head) {
        case ("-", .some): return try await print { try await client.readFile(place.path, in: place.sandbox, $0) }
        case ("-", nil): return try await print { try await client.readArchive(place.path, in: place.sandbox, $0) }
        case (_, .some): return try await fetchFile()
        case (_, nil): return try await fetchFolder()
        }
    }

    private func print(_ read: (([UInt8]) async throws -> Void) async throws -> Void) async throws -> Transfer {
        var count: Int64 = 0
        try await read { bytes in
            try Output.write(bytes)
            count += Int64(bytes.count)
        }
        return Transfer(source: place.text, destination: destination, entries: 1, bytes: count)
    }

    private func fetchFile() async throws -> Transfer {
        let name = lastName(place.path) ?? place.sandbox.rawValue
        let target = isLocalFolder(destination) ? "\(destination)/\(name)" : destination
        let url = URL(fileURLWithPath: target)
        let folder = try LocalFolder(url.deletingLastPathComponent().path)
        let draft = try folder.draft()
        let progress = TransferProgress(place.path)
        defer { progress.end() }
        do {
            var mode: UInt32 = 0o644
            try await client.readFile(place.path, in: place.sandbox) { head in
                mode = head.mode ?? mode
                progress.expect(head.size)
            } _: { bytes in
                try draft.file.write(bytes)
                progress.pass(bytes.count)
            }
            try folder.place(draft, as: url.lastPathComponent, mode: mode)
        } catch {
            folder.remove(draft)
            throw error
        }
        return Transfer(source: place.text, destination: target, entries: 1, bytes: progress.bytes)
    }

    private func fetchFolder() async throws -> Transfer {
        let target = isLocalFolder(destination) ? lastName(place.path).map { "\(destination)/\($0)" } : nil
        let path = target ?? destination
        let progress = TransferProgress(place.path)
        defer { progress.end() }
        var unpacking: LocalUnpacking?
        do {
            try await client.readArchive(place.path, in: place.sandbox) { bytes in
                // A folder that cannot be read leaves nothing here.
                if unpacking == nil { unpacking = LocalUnpacking(into: try Self.makeFolder(path)) }
                try unpacking?.take(bytes)
                progress.pass(bytes.count)
            }
            try unpacking?.finish()
        } catch {
            unpacking?.cancel()
            throw error
        }
        return Transfer(
            source: place.text, destination: path, entries: unpacking?.entries ?? 0, bytes: progress.bytes,
            leftOut: unpacking?.leftOut ?? [])
    }

    private static func makeFolder(_ path: String) throws(OutpostError) -> LocalFolder {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw LocalFile.failure("make", path) }
        return try LocalFolder(path)
    }
}
