// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore
import Synchronization

/// Compilations in memory, which a test can damage and make to fail.
public final class MemoryCompilations: CompilationStore {
    public struct State {
        public var entries: [String: [UInt8]] = [:]
        /// What tells an entry from the next in its place; a test that damages one behaves as another server would.
        public var stamps: [String: UInt64] = [:]
        public var nextStamp: UInt64 = 1
        /// How many entries were read as a whole.
        public var reads = 0
        /// What every call throws.
        public var failure: OutpostError?

        public mutating func keep(_ entry: [UInt8], as name: String) -> UInt64 {
            entries[name] = entry
            stamps[name] = nextStamp
            defer { nextStamp += 1 }
            return nextStamp
        }
    }

    /// No descriptor of this process.
    private final class Entry: OpenFile {
        let number: Int32 = -1
    }

    private let state = Mutex(State())

    public init() {}

    public var entries: [String: [UInt8]] { state.withLock { $0.entries } }
    public var reads: Int { state.withLock { $0.reads } }

    public func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

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

    public func keep(
        _ entry: [UInt8], as key: String, in namespace: NamespaceName
    ) async throws(OutpostError) -> UInt64? {
        try perform { $0.keep(entry, as: "\(namespace)/\(key)") }
    }

    public func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError) {
        try perform { $0.entries["\(namespace)/\(key)"] = nil }
    }

    public func clear(in namespace: NamespaceName) async throws(OutpostError) -> Bool {
        try perform { state in
            let own = state.entries.filter { $0.key.hasPrefix("\(namespace)/") }
            for name in own.keys { state.entries[name] = nil }
            return !own.isEmpty
        }
    }

    /// No entry here grows old.
    public func clear(unusedSince moment: Timestamp) async throws(OutpostError) -> Bool {
        try perform { state in
            guard moment == .distantFuture else { return false }
            defer { state.entries = [:] }
            return !state.entries.isEmpty
        }
    }

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
