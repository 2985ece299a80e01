// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore
import Synchronization

/// Compilations in memory. A test can damage an entry, or have each call fail.
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
        /// The entries' names, the least recently used first.
        fileprivate var order: [String] = []
        fileprivate var usedAt: [String: Timestamp] = [:]

        public mutating func keep(_ entry: [UInt8], as name: String) -> UInt64 {
            entries[name] = entry
            stamps[name] = nextStamp
            defer { nextStamp += 1 }
            return nextStamp
        }

        fileprivate mutating func use(_ name: String, at now: Timestamp) {
            order.removeAll { $0 == name }
            order.append(name)
            usedAt[name] = now
        }

        /// True when there was one.
        @discardableResult
        fileprivate mutating func remove(_ name: String) -> Bool {
            order.removeAll { $0 == name }
            return entries.removeValue(forKey: name) != nil
        }

        fileprivate func names(of namespace: NamespaceName) -> [String] {
            entries.keys.filter { $0.hasPrefix("\(namespace)/") }
        }

        fileprivate func used(_ namespace: NamespaceName) -> Int {
            names(of: namespace).reduce(0) { $0 + (entries[$1]?.count ?? 0) }
        }
    }

    /// No descriptor of this process.
    private final class Entry: OpenFile {
        let number: Int32 = -1
    }

    private let state = Mutex(State())
    private let clock: WallClock
    private let limit: @Sendable (NamespaceName) -> Int

    /// - Parameters:
    ///   - clock: tells what was not used for long.
    ///   - limit: bytes that a namespace may keep.
    public init(
        clock: @escaping WallClock = { Timestamp(milliseconds: 0) },
        limit: @escaping @Sendable (NamespaceName) -> Int = { _ in .max }
    ) {
        self.clock = clock
        self.limit = limit
    }

    public var entries: [String: [UInt8]] { state.withLock { $0.entries } }
    public var reads: Int { state.withLock { $0.reads } }

    public func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    public func entry(_ key: String, in namespace: NamespaceName) async throws(OutpostError) -> CompilationEntry? {
        try perform { state in
            let name = "\(namespace)/\(key)"
            guard let bytes = state.entries[name], let stamp = state.stamps[name] else { return nil }
            state.use(name, at: clock())
            return CompilationEntry(file: Entry(), stamp: stamp) { () async throws(OutpostError) in
                self.change { $0.reads += 1 }
                return bytes
            }
        }
    }

    public func keep(
        _ entry: [UInt8], as key: String, in namespace: NamespaceName
    ) async throws(OutpostError) -> UInt64? {
        try perform { state in
            let (name, most) = ("\(namespace)/\(key)", limit(namespace))
            guard entry.count <= most else { return nil }
            state.remove(name)
            while state.used(namespace) + entry.count > most,
                let victim = state.order.first(where: { $0.hasPrefix("\(namespace)/") })
            {
                state.remove(victim)
            }
            state.use(name, at: clock())
            return state.keep(entry, as: name)
        }
    }

    public func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError) {
        try perform { _ = $0.remove("\(namespace)/\(key)") }
    }

    public func clear(in namespace: NamespaceName) async throws(OutpostError) -> Bool {
        try perform { state in
            let own = state.names(of: namespace)
            for name in own { state.remove(name) }
            return !own.isEmpty
        }
    }

    public func clear(unusedSince moment: Timestamp) async throws(OutpostError) -> Bool {
        try perform { state in
            let old = state.entries.keys.filter { name in state.usedAt[name].map { $0 < moment } ?? true }
            for name in old { state.remove(name) }
            return !old.isEmpty
        }
    }

    public func usage(of namespace: NamespaceName) async -> (used: Int, limit: Int) {
        (state.withLock { $0.used(namespace) }, limit(namespace))
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
