// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore
import OutpostVolumes
import Synchronization

/// The cache of compiled programs. A failure of the cache never fails a run: it is logged, and the run compiles.
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

    /// Returns the cached program, or nil. Counts a hit or a miss.
    func program(_ key: CompilationKey) async -> CachedProgram? {
        let program = await find(key)
        metrics.countCompilation(hit: program != nil)
        return program
    }

    /// Returns the cached program like `program`, but counts neither a hit nor a miss. Removes a damaged entry.
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
            logger.warning("a cached program is damaged; the server removes it", metadata: ["key": "\(key.digest)"])
            try await store.remove(key.digest, in: key.namespace)
        } catch {
            logger.warning("a cached program cannot be read", metadata: ["error": "\(error)"])
        }
        return nil
    }

    /// Stores a program, except when the free space is reserved for disks.
    func insert(_ program: CompiledProgram, _ key: CompilationKey) async {
        let bytes = program.encoded
        do throws(OutpostError) {
            try await disks.checkRoom(bytes: bytes.count)
            guard let stamp = try await store.keep(bytes, as: key.digest, in: key.namespace) else { return }
            checked.add(program.metadata, key, stamp: stamp)
        } catch {
            logger.warning("a compiled program cannot be cached", metadata: ["error": "\(error)"])
        }
    }

    /// Removes all cached programs of a namespace.
    ///
    /// - Returns: whether there were any.
    func clear(in namespace: NamespaceName) async -> Bool {
        await cleared { () async throws(OutpostError) in try await store.clear(in: namespace) }
    }

    /// Removes the cached programs of all namespaces that nobody has used since `moment`.
    ///
    /// - Returns: whether there were any.
    func clear(unusedSince moment: Timestamp) async -> Bool {
        await cleared { () async throws(OutpostError) in try await store.clear(unusedSince: moment) }
    }

    private func cleared(_ body: () async throws(OutpostError) -> Bool) async -> Bool {
        do throws(OutpostError) {
            return try await body()
        } catch {
            logger.warning("cached programs cannot be removed", metadata: ["error": "\(error)"])
            return false
        }
    }
}

/// The entries whose checksum this server has verified, or that it has written. With this, the server reads each entry
/// completely only once.
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
        // Long compiler messages would take too much memory. Such an entry is verified again at its next use.
        let isShort = metadata.stdout.bytes.count + metadata.stderr.bytes.count <= Self.mostOutput
        entries.withLock { entries in
            // A file system may give the number of the replaced file to the new one. The old metadata must not fit it.
            guard isShort else { return entries[key] = nil }
            if entries.count >= Self.mostEntries { entries = [:] }
            entries[key] = Entry(stamp: stamp, metadata: metadata)
        }
    }

    private static let mostEntries = 4096
    private static let mostOutput = 4096
}
