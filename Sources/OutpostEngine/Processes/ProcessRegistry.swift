// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore
import Synchronization

/// The processes that callers can find by their ids, in memory and in the store.
final class ProcessRegistry: Sendable {
    private let book = Mutex(ProcessBook())
    private let quotas: QuotaPolicy
    private let store: any ProcessStore
    private let logger: Logger

    init(quotas: QuotaPolicy, store: any ProcessStore, logger: Logger) {
        self.quotas = quotas
        self.store = store
        self.logger = logger
    }

    /// Restores the processes of an earlier server. Those that ran then are lost.
    ///
    /// - Parameter sandboxes: those that exist. Processes of others are deleted.
    /// - Throws: the store's errors.
    func recover(
        _ clock: @escaping WallClock, of sandboxes: Set<SandboxID>
    ) async throws(OutpostError) {
        var gone: [ProcessID] = []
        for stored in try await store.all() {
            let process = LiveProcess(restoring: stored, clock: clock)
            guard sandboxes.contains(process.sandboxID) else {
                gone.append(process.id)
                continue
            }
            // A process that has ended has no name to defend.
            try begin(process)
            gone += book.withLock { $0.end(process, limit: limit(process.namespace)) ?? [] }.map(\.id)
            if stored.process.status == .running { try await store.put(process.stored) }
        }
        if !gone.isEmpty { try await store.delete(gone) }
    }

    /// Adds a process.
    ///
    /// - Throws: `conflict` when a running process of the sandbox has the same name.
    func begin(_ process: LiveProcess) throws(OutpostError) {
        try book.withLock { (book) throws(OutpostError) in try book.begin(process) }
    }

    /// Stores a process that starts. After a crash, the next server knows that it is lost.
    ///
    /// - Throws: the store's errors.
    func record(_ process: LiveProcess) async throws(OutpostError) {
        defer { process.tellStartRecorded() }
        try await store.put(process.stored)
    }

    /// Keeps an ended process, unless it is forgotten. Its start must have been given to `record`.
    func end(_ process: LiveProcess) async {
        defer { process.tellRecorded() }
        // The record of the start must not replace that of the end.
        await process.waitUntilStartRecorded()
        guard let dropped = book.withLock({ $0.end(process, limit: limit(process.namespace)) }) else { return }
        do throws(OutpostError) {
            try await store.put(process.stored)
            if !dropped.isEmpty { try await store.delete(dropped.map(\.id)) }
            // It may have been forgotten meanwhile.
            if find(process.id, in: process.sandboxID, process.namespace) == nil {
                try await store.delete([process.id])
            }
        } catch {
            logger.error(
                "the end of a process cannot be stored", metadata: ["process": "\(process.id)", "error": "\(error)"])
        }
    }

    /// Removes a process.
    func forget(_ process: LiveProcess) async {
        book.withLock { $0.drop(process) }
        await delete([process.id])
    }

    /// Removes and returns all processes of a sandbox.
    func forget(_ sandbox: SandboxID, in namespace: NamespaceName) async -> [LiveProcess] {
        let processes = book.withLock { book in
            let processes = book.processes(of: sandbox, namespace)
            for process in processes { book.drop(process) }
            return processes
        }
        await delete(processes.map(\.id))
        return processes
    }

    private func delete(_ ids: [ProcessID]) async {
        guard !ids.isEmpty else { return }
        do throws(OutpostError) {
            try await store.delete(ids)
        } catch {
            // The next server shows these processes as lost, or removes them with their sandbox.
            logger.error("processes cannot be deleted", metadata: ["error": "\(error)"])
        }
    }

    private func find(_ id: ProcessID, in sandbox: SandboxID, _ namespace: NamespaceName) -> LiveProcess? {
        book.withLock { $0.process(id, in: sandbox, namespace) }
    }

    /// Returns a process of a sandbox.
    ///
    /// - Throws: `not_found`.
    func process(
        _ id: ProcessID, in sandbox: SandboxID, _ namespace: NamespaceName
    ) throws(OutpostError) -> LiveProcess {
        guard let process = find(id, in: sandbox, namespace) else {
            throw OutpostError(.notFound, "process \(id) does not exist")
        }
        return process
    }

    /// Returns the processes of a sandbox in the order of their starts.
    func processes(of sandbox: SandboxID, _ namespace: NamespaceName) -> [LiveProcess] {
        book.withLock { $0.processes(of: sandbox, namespace) }
    }

    /// All processes that have not ended.
    var running: [LiveProcess] { book.withLock { $0.running } }

    private func limit(_ namespace: NamespaceName) -> Int {
        (quotas.limit(.keptProcesses, in: namespace) ?? 0) << 20
    }

    /// The quota of ended processes and its use.
    func standing(of namespace: NamespaceName) -> QuotaStanding {
        StorageBound.bytes(limit(namespace)).standing(.keptProcesses, held: book.withLock { $0.bytes(of: namespace) })
    }
}
