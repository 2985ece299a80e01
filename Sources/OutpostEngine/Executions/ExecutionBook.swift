// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The runs in progress of all namespaces, and the last ended runs of each sandbox, in bounded memory.
///
/// When the ended runs of a namespace take too many bytes, the oldest of them lose their output first. When that is not
/// enough, the oldest are dropped.
struct ExecutionBook {
    /// An ended run.
    struct Ended {
        var execution: Execution
        /// The last part of the output, for readers that attach again. Nil when nobody could follow the run.
        var output: LiveOutput?
        fileprivate let number: UInt64
        fileprivate var bytes: Int
    }

    /// What a run is now.
    enum Entry {
        case running(RunningExecution)
        case ended(Ended)
    }

    private struct Key: Hashable {
        let namespace: NamespaceName
        let id: ExecutionID
    }

    /// The runs of one sandbox.
    private struct Page {
        var running: [ExecutionID] = []
        /// Oldest first.
        var ended: [ExecutionID] = []
        var isForgotten = false
    }

    /// The ended runs of one namespace, numbered in the order of their ends.
    private struct Shelf {
        var bytes = 0
        var ids: [UInt64: ExecutionID] = [:]
        /// Runs with lower numbers are dropped.
        var oldest: UInt64 = 0
        /// Runs with lower numbers have no output any more.
        var oldestWithOutput: UInt64 = 0
        var next: UInt64 = 0

        /// Adds a run and returns its number.
        mutating func put(_ id: ExecutionID, bytes: Int) -> UInt64 {
            defer { next += 1 }
            ids[next] = id
            self.bytes += bytes
            return next
        }

        /// Returns the number of the oldest run with output; nil when none has output. It may be dropped already.
        mutating func takeOldestWithOutput() -> UInt64? {
            guard oldestWithOutput < next else { return nil }
            defer { oldestWithOutput += 1 }
            return oldestWithOutput
        }

        /// Returns the number of the oldest run; nil when there is none. It may be dropped already.
        mutating func takeOldest() -> UInt64? {
            guard oldest < next else { return nil }
            defer { oldest += 1 }
            return oldest
        }
    }

    /// The ended runs that are kept of one sandbox.
    static let mostEnded = 100
    /// About the bytes of a run without its output.
    static let recordBytes = 1024

    private var running: [Key: RunningExecution] = [:]
    private var ended: [Key: Ended] = [:]
    private var pages: [SandboxID: Page] = [:]
    private var shelves: [NamespaceName: Shelf] = [:]

    /// Adds a run.
    ///
    /// - Throws: `conflict` when the namespace has a run with the same id, in progress or kept.
    mutating func begin(_ run: RunningExecution) throws(OutpostError) {
        let key = Key(namespace: run.namespace, id: run.id)
        guard running[key] == nil, ended[key] == nil else {
            throw OutpostError(.conflict, "an execution with the id \(run.id) exists")
        }
        running[key] = run
        pages[run.sandboxID, default: Page()].running.append(run.id)
    }

    /// Keeps an ended run, unless its sandbox is forgotten.
    ///
    /// - Parameter limit: the most bytes of all ended runs of the namespace.
    mutating func end(_ run: RunningExecution, _ execution: Execution, limit: Int) {
        guard remove(run) else { return }
        let key = Key(namespace: run.namespace, id: run.id)
        let bytes = Self.recordBytes + execution.outputBytes + (run.output?.eventBytes ?? 0)
        let number = shelves[run.namespace, default: Shelf()].put(run.id, bytes: bytes)
        ended[key] = Ended(execution: execution, output: run.output, number: number, bytes: bytes)
        pages[run.sandboxID, default: Page()].ended.append(run.id)
        if let oldest = pages[run.sandboxID]?.ended.first, (pages[run.sandboxID]?.ended.count ?? 0) > Self.mostEnded {
            drop(Key(namespace: run.namespace, id: oldest))
        }
        trim(run.namespace, to: limit)
    }

    /// Removes a run that never started.
    mutating func fail(_ run: RunningExecution) { _ = remove(run) }

    /// Removes a run in progress.
    ///
    /// - Returns: whether its end is kept.
    private mutating func remove(_ run: RunningExecution) -> Bool {
        running[Key(namespace: run.namespace, id: run.id)] = nil
        guard var page = pages[run.sandboxID] else { return false }
        page.running.removeAll { $0 == run.id }
        pages[run.sandboxID] = page.running.isEmpty && page.ended.isEmpty ? nil : page
        return !page.isForgotten
    }

    /// Drops the ended runs of a sandbox that is deleted, and later also those in progress when they end.
    mutating func forget(_ sandbox: SandboxID, in namespace: NamespaceName) {
        for id in pages[sandbox]?.ended ?? [] { drop(Key(namespace: namespace, id: id)) }
        pages[sandbox]?.isForgotten = true
    }

    /// Returns a run of a sandbox.
    func entry(_ id: ExecutionID, in sandbox: SandboxID, _ namespace: NamespaceName) -> Entry? {
        let key = Key(namespace: namespace, id: id)
        if let run = running[key], run.sandboxID == sandbox { return .running(run) }
        if let end = ended[key], end.execution.sandboxID == sandbox { return .ended(end) }
        return nil
    }

    /// Returns the runs of a sandbox: the ended ones, oldest first, and then those in progress in the order of their
    /// calls.
    func entries(of sandbox: SandboxID, _ namespace: NamespaceName) -> [Entry] {
        guard let page = pages[sandbox] else { return [] }
        return (page.ended + page.running).compactMap { entry($0, in: sandbox, namespace) }
    }

    /// Bytes of the ended runs of a namespace.
    func bytes(of namespace: NamespaceName) -> Int { shelves[namespace]?.bytes ?? 0 }

    // MARK: - Bounds

    private mutating func trim(_ namespace: NamespaceName, to limit: Int) {
        while bytes(of: namespace) > limit {
            if let number = shelves[namespace]?.takeOldestWithOutput() {
                strip(namespace, shelves[namespace]?.ids[number])
            } else if let number = shelves[namespace]?.takeOldest() {
                guard let id = shelves[namespace]?.ids[number] else { continue }
                drop(Key(namespace: namespace, id: id))
            } else {
                return
            }
        }
    }

    /// Drops the output of an ended run.
    private mutating func strip(_ namespace: NamespaceName, _ id: ExecutionID?) {
        guard let id, var end = ended[Key(namespace: namespace, id: id)] else { return }
        shelves[namespace]?.bytes -= end.bytes - Self.recordBytes
        end.execution = end.execution.withoutOutput
        end.output = nil
        end.bytes = Self.recordBytes
        ended[Key(namespace: namespace, id: id)] = end
    }

    /// Drops an ended run.
    private mutating func drop(_ key: Key) {
        guard let end = ended.removeValue(forKey: key) else { return }
        shelves[key.namespace]?.bytes -= end.bytes
        shelves[key.namespace]?.ids[end.number] = nil
        if shelves[key.namespace]?.ids.isEmpty == true { shelves[key.namespace] = nil }
        let sandbox = end.execution.sandboxID
        pages[sandbox]?.ended.removeAll { $0 == key.id }
        if let page = pages[sandbox], page.running.isEmpty, page.ended.isEmpty { pages[sandbox] = nil }
    }
}
