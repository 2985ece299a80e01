// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore
import OutpostVolumes
import Synchronization

/// Programs that were compiled before. Whatever goes wrong here, a run goes on as if there were no cache.
struct CompilationCache: Sendable {
    let store: any CompilationStore
    let disks: any SandboxDisks
    let metrics: EngineMetrics
    let logger: Logger
    private let checked = CheckedEntries()

    init(store: any CompilationStore, disks: any SandboxDisks, metrics: EngineMetrics, logger: Logger) {
        self.store = store
        self.disks = disks
        self.metrics = metrics
        self.logger = logger
    }

    func program(_ key: CompilationKey) async -> CachedProgram? {
        let program = await find(key)
        metrics.countCompilation(hit: program != nil)
        return program
    }

    /// As `program`, but not counted as one that did not have to be compiled.
    func find(_ key: CompilationKey) async -> CachedProgram? {
        do throws(OutpostError) {
            guard let entry = try await store.entry(key.digest, in: key.namespace) else { return nil }
            if let metadata = checked.metadata(key, stamp: entry.stamp) {
                return CachedProgram(file: entry.file, metadata: metadata)
            }
            if let metadata = CompiledProgram(encoded: try await entry.read())?.metadata {
                checked.add(metadata, key, stamp: entry.stamp)
                return CachedProgram(file: entry.file, metadata: metadata)
            }
            logger.warning("a kept compilation is damaged; it is removed", metadata: ["key": "\(key.digest)"])
            try await store.remove(key.digest, in: key.namespace)
        } catch {
            logger.warning("a kept compilation cannot be had", metadata: ["error": "\(error)"])
        }
        return nil
    }

    /// Keeps a program, unless the room may be needed for disks.
    func insert(_ program: CompiledProgram, _ key: CompilationKey) async {
        let bytes = program.encoded
        do throws(OutpostError) {
            try await disks.checkRoom(bytes: bytes.count)
            guard let stamp = try await store.keep(bytes, as: key.digest, in: key.namespace) else { return }
            checked.add(program.metadata, key, stamp: stamp)
        } catch {
            logger.warning("a compilation is not kept", metadata: ["error": "\(error)"])
        }
    }

    /// Gives a namespace's room back; true when it had some.
    func clear(in namespace: NamespaceName) async -> Bool {
        await cleared { () async throws(OutpostError) in try await store.clear(in: namespace) }
    }

    /// Gives the room of those back that nobody has used since then; true when there were some.
    func clear(unusedSince moment: Timestamp) async -> Bool {
        await cleared { () async throws(OutpostError) in try await store.clear(unusedSince: moment) }
    }

    private func cleared(_ body: () async throws(OutpostError) -> Bool) async -> Bool {
        do throws(OutpostError) {
            return try await body()
        } catch {
            logger.warning("kept compilations cannot be removed", metadata: ["error": "\(error)"])
            return false
        }
    }
}

/// The entries that this server has checked or written itself. The server reads each of them as a whole only once.
private final class CheckedEntries: Sendable {
    private struct Entry {
        let stamp: UInt64
        let metadata: CachedProgram.Metadata
    }

    private let entries = Mutex<[CompilationKey: Entry]>([:])

    func metadata(_ key: CompilationKey, stamp: UInt64) -> CachedProgram.Metadata? {
        entries.withLock { entries in entries[key].flatMap { $0.stamp == stamp ? $0.metadata : nil } }
    }

    func add(_ metadata: CachedProgram.Metadata, _ key: CompilationKey, stamp: UInt64) {
        // What a compiler said can be long; an entry without this is checked once more.
        guard metadata.stdout.bytes.count + metadata.stderr.bytes.count <= Self.mostOutput else { return }
        entries.withLock { entries in
            if entries.count >= Self.mostEntries { entries = [:] }
            entries[key] = Entry(stamp: stamp, metadata: metadata)
        }
    }

    private static let mostEntries = 4096
    private static let mostOutput = 4096
}
