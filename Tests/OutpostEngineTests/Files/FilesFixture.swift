// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostLanguages
import OutpostSandboxing
import OutpostTar
import OutpostTesting
import Testing

@testable import OutpostEngine

/// An engine over sandboxes in memory, and one stateful sandbox.
struct FilesFixture {
    let engine: Engine
    let clock = ManualClock()
    let sandbox: SandboxID
    let driver = MemoryDriver()

    init() async throws {
        var configuration = EngineConfiguration(limits: EngineFixture.policy)
        configuration.pool.ceiling = 0
        engine = try await Engine(
            configuration: configuration, stores: MemoryStores(), driver: driver, disks: FakeDriver(),
            catalog: LanguageCatalog.load(), clock: clock.wall,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isPresent: { _ in true })
        sandbox = try await engine.sandboxes.create(
            SandboxRequest(language: "python", mode: .stateful), in: .default
        ).id
    }

    var files: FileService { engine.files }

    func target(_ path: String) -> FileTarget { FileTarget(path, of: sandbox, in: .default) }

    func put(_ path: String, _ content: [UInt8], mode: UInt32? = nil) async throws {
        let upload = try await files.write(target(path), mode: mode, makesParents: true)
        try await upload.write(content)
        _ = try await upload.finish()
    }

    func get(_ path: String) async throws -> [UInt8] {
        let download = try await files.read(target(path))
        defer { download.close() }
        var content: [UInt8] = []
        while let part = try await download.next() { content += part }
        return content
    }

    /// The paths of all entries of a folder, sorted.
    func names(_ path: String, depth: Int = 9) async throws -> [String] {
        let (_, entries) = try await files.list(target(path), depth: depth)
        defer { entries.close() }
        var names: [String] = []
        while let part = try await entries.next() { names += part.map(\.path) }
        return names.sorted()
    }

    func unpack(_ archive: [UInt8], into path: String = "/workspace/new") async throws -> ArchiveUnpacking.Summary {
        let unpacking = try await files.unpack(target(path), makesFolder: true)
        do {
            // Odd parts, so that each header is cut somewhere.
            for start in stride(from: 0, to: archive.count, by: 777) {
                try await unpacking.write(Array(archive[start..<min(archive.count, start + 777)]))
            }
            return try await unpacking.finish()
        } catch {
            await unpacking.cancel()
            throw error
        }
    }

    /// Waits until no call on the sandbox is in progress.
    func waitUntilQuiet() async throws {
        let controller = try await engine.sandboxes.controller(sandbox, in: .default)
        await waitUntil { await controller.sandbox.status == .ready }
    }
}

/// Returns a tar archive.
func tar(_ entries: [(TarEntry, [UInt8])]) throws -> [UInt8] {
    var writer = TarWriter()
    var bytes: [UInt8] = []
    for (entry, content) in entries {
        var entry = entry
        if entry.extents == nil { entry.size = UInt64(content.count) }
        bytes += try writer.begin(entry)
        bytes += Array(try writer.content(content[...]))
        bytes += try writer.end()
    }
    return try bytes + writer.finish()
}

extension TarEntry {
    init(_ path: String, _ kind: TarKind = .file, mode: UInt32 = 0o644) {
        self.init(path: Array(path.utf8), kind: kind, mode: mode)
    }
}
