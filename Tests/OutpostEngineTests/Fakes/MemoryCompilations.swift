// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Synchronization

/// Compilations in memory, which a test can damage and make to fail.
final class MemoryCompilations: CompilationStore {
    struct State {
        var entries: [String: [UInt8]] = [:]
        /// What every call throws.
        var failure: OutpostError?
    }

    private let state = Mutex(State())

    var entries: [String: [UInt8]] { state.withLock { $0.entries } }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func entry(_ key: String, in namespace: NamespaceName) async throws(OutpostError) -> [UInt8]? {
        try perform { $0["\(namespace)/\(key)"] }
    }

    func keep(_ entry: [UInt8], as key: String, in namespace: NamespaceName) async throws(OutpostError) {
        try perform { $0["\(namespace)/\(key)"] = entry }
    }

    func remove(_ key: String, in namespace: NamespaceName) async throws(OutpostError) {
        try perform { $0["\(namespace)/\(key)"] = nil }
    }

    func clear() async throws(OutpostError) -> Bool {
        try perform { entries in
            defer { entries = [:] }
            return !entries.isEmpty
        }
    }

    private func perform<Result: Sendable>(
        _ body: @Sendable (inout [String: [UInt8]]) -> Result
    ) throws(OutpostError) -> Result {
        try state.withLock { (state) throws(OutpostError) in
            if let failure = state.failure { throw failure }
            return body(&state.entries)
        }
    }
}
