// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The processes of all sandboxes, in bounded memory: those that run, and the last ended ones.
struct ProcessBook {
    private struct Page {
        let namespace: NamespaceName
        /// In the order of their starts.
        var processes: [LiveProcess] = []
    }

    /// The ended processes of one namespace, in the order of their ends.
    private struct Shelf {
        var bytes = 0
        var ended: [(process: LiveProcess, bytes: Int)] = []
    }

    /// The ended processes that are kept of one sandbox.
    static let mostEnded = 100
    /// About the bytes of a process without its output.
    static let recordBytes = LiveProcess.longestCommand + 2048

    private var pages: [SandboxID: Page] = [:]
    private var shelves: [NamespaceName: Shelf] = [:]

    /// Adds a process.
    ///
    /// - Throws: `conflict` when a running process of the sandbox has the same name.
    mutating func begin(_ process: LiveProcess) throws(OutpostError) {
        let others = pages[process.sandboxID]?.processes ?? []
        if let name = process.name, let other = others.first(where: { $0.name == name && !$0.hasEnded }) {
            throw .parameter(.conflict, .given("name"), "is that of the running process \(other.id)")
        }
        pages[process.sandboxID, default: Page(namespace: process.namespace)].processes.append(process)
    }

    /// Keeps an ended process, unless it is forgotten.
    ///
    /// - Parameter limit: the most bytes of all ended processes of the namespace.
    /// - Returns: the ended processes that were dropped for it; nil when the process is forgotten.
    @discardableResult
    mutating func end(_ process: LiveProcess, limit: Int) -> [LiveProcess]? {
        guard let page = pages[process.sandboxID], page.processes.contains(where: { $0 === process }) else {
            return nil
        }
        var dropped: [LiveProcess] = []
        let bytes = Self.recordBytes + process.output.keptBytes
        shelves[process.namespace, default: Shelf()].ended.append((process, bytes))
        shelves[process.namespace]?.bytes += bytes
        let ended = page.processes.filter(\.hasEnded)
        if ended.count > Self.mostEnded, let oldest = ended.first {
            drop(oldest)
            dropped.append(oldest)
        }
        while let shelf = shelves[process.namespace], shelf.bytes > limit, let oldest = shelf.ended.first {
            drop(oldest.process)
            dropped.append(oldest.process)
        }
        return dropped
    }

    /// Removes a process.
    mutating func drop(_ process: LiveProcess) {
        pages[process.sandboxID]?.processes.removeAll { $0 === process }
        if pages[process.sandboxID]?.processes.isEmpty == true { pages[process.sandboxID] = nil }
        guard let index = shelves[process.namespace]?.ended.firstIndex(where: { $0.process === process }) else {
            return
        }
        if let removed = shelves[process.namespace]?.ended.remove(at: index) {
            shelves[process.namespace]?.bytes -= removed.bytes
        }
        if shelves[process.namespace]?.ended.isEmpty == true { shelves[process.namespace] = nil }
    }

    /// Returns a process of a sandbox.
    func process(_ id: ProcessID, in sandbox: SandboxID, _ namespace: NamespaceName) -> LiveProcess? {
        processes(of: sandbox, namespace).first { $0.id == id }
    }

    /// Returns the processes of a sandbox in the order of their starts.
    func processes(of sandbox: SandboxID, _ namespace: NamespaceName) -> [LiveProcess] {
        guard let page = pages[sandbox], page.namespace == namespace else { return [] }
        return page.processes
    }

    /// All processes that have not ended.
    var running: [LiveProcess] { pages.values.flatMap { $0.processes.filter { !$0.hasEnded } } }

    /// Bytes of the ended processes of a namespace.
    func bytes(of namespace: NamespaceName) -> Int { shelves[namespace]?.bytes ?? 0 }
}
