// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// The processes that callers can find by their ids.
final class ProcessRegistry: Sendable {
    private let book = Mutex(ProcessBook())
    private let quotas: QuotaPolicy

    init(quotas: QuotaPolicy) { self.quotas = quotas }

    /// Adds a process.
    ///
    /// - Throws: `conflict` when a running process of the sandbox has the same name.
    func begin(_ process: LiveProcess) throws(OutpostError) {
        try book.withLock { (book) throws(OutpostError) in try book.begin(process) }
    }

    /// Keeps an ended process, unless it is forgotten.
    func end(_ process: LiveProcess) { book.withLock { $0.end(process, limit: limit(process.namespace)) } }

    /// Removes a process.
    func forget(_ process: LiveProcess) { book.withLock { $0.drop(process) } }

    /// Removes and returns all processes of a sandbox.
    func forget(_ sandbox: SandboxID, in namespace: NamespaceName) -> [LiveProcess] {
        book.withLock { book in
            let processes = book.processes(of: sandbox, namespace)
            for process in processes { book.drop(process) }
            return processes
        }
    }

    /// Returns a process of a sandbox.
    ///
    /// - Throws: `not_found`.
    func process(
        _ id: ProcessID, in sandbox: SandboxID, _ namespace: NamespaceName
    ) throws(OutpostError) -> LiveProcess {
        guard let process = book.withLock({ $0.process(id, in: sandbox, namespace) }) else {
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
