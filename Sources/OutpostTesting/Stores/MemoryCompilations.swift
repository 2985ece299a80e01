// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore
import Synchronization

/// A compilation store in memory. A test can damage entries and make calls fail.
public final class MemoryCompilations: CompilationStore {
    /// The content of the store.
    public struct State {
        /// The entries, by `namespace/key`.
        public var entries: [String: [UInt8]] = [:]
        /// The stamp of each entry. A test that damages an entry without a new stamp acts like another server.
        public var stamps: [String: UInt64] = [:]
        /// The stamp of the next entry.
        public var nextStamp: UInt64 = 1
        /// The number of complete reads of entries.
        public var reads = 0
        /// The error of every call.
        public var failure: OutpostError?

        /// Stores an entry and returns its stamp.
        public mutating func keep(_ entry: [UInt8], as name: String) -> UInt64 {
            entries[name] = entry
            stamps[name] = nextStamp
            defer { nextStamp += 1 }
            return nextStamp
        }
    }

    /// A file without a descriptor.
    private final class Entry: OpenFile {
        let number: Int32 = -1
    }

    private let state = Mutex(State())

    /// Creates an empty store.
    public init() {}

    /// The current entries.
    public var entries: [String: [UInt8]] { state.withLock { $0.entries } }
    /// The number of complete reads of entries.
    public var reads: Int { state.withLock { $0.reads } }

    /// Changes the content directly.
    public func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    /// Returns an entry, or nil.
    public func entry(_ key: String, in namespace: NamespaceName) async throws(OutpostError) -> CompilationEntry? {
        try perform { state in
            let name = "\(namespace)/\(key)"
            guard let bytes = state.entries[name], let stamp = state.stamps[name] else { return nil }
            return CompilationEntry(file: Entry(), stamp: stamp) { () async throws(OutpostError) in
                self.change { $0.reads += 1 }
                return bytes
            }
        }
    }

    /// Stores an entry and returns its stamp.
    public func keep(
        _ entry: [UInt8], as key: String, in namespace: NamespaceName
    ) async throws(OutpostError) -> UInt64? {
        try perform { $0.keep(entry, as: "\(namespace)/\(key)") }
    }

    /// Removes an entry.
    public func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError) {
        try perform { $0.entries["\(namespace)/\(key)"] = nil }
    }

    /// Removes all entries of a namespace. Returns whether there were any.
    public func clear(in namespace: NamespaceName) async throws(OutpostError) -> Bool {
        try perform { state in
            let own = state.entries.filter { $0.key.hasPrefix("\(namespace)/") }
            for name in own.keys { state.entries[name] = nil }
            return !own.isEmpty
        }
    }

    /// Removes all entries for `distantFuture`, and none otherwise: no entry gets old here.
    public func clear(unusedSince moment: Timestamp) async throws(OutpostError) -> Bool {
        try perform { state in
            guard moment == .distantFuture else { return false }
            defer { state.entries = [:] }
            return !state.entries.isEmpty
        }
    }

    /// Returns the bytes of a namespace's entries. There is no limit.
    public func usage(of namespace: NamespaceName) async -> (used: Int, limit: Int) {
        (
            state.withLock {
                $0.entries.filter { $0.key.hasPrefix("\(namespace)/") }.values.reduce(0) { $0 + $1.count }
            }, .max
        )
    }

    private func perform<Result: Sendable>(
        _ body: (inout State) -> Result
    ) throws(OutpostError) -> Result {
        try state.withLock { (state) throws(OutpostError) in
            if let failure = state.failure { throw failure }
            return body(&state)
        }
    }
}
