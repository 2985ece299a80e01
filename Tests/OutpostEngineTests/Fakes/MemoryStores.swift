// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Synchronization

/// Stores in memory that can be made to fail.
final class MemoryStores: OutpostStores {
    struct State {
        var sandboxes: [SandboxID: Sandbox] = [:]
        var quarantined: [QuarantinedRecord] = []
        var touches: [SandboxTouch] = []
        var tokens: [TokenRecord] = []
        var uses: [TokenUse] = []
        var claims: [IdempotencyKey: (bodyHash: [UInt8], begunAt: Timestamp, answer: RecordedAnswer?)] = [:]
        /// What every write throws.
        var failure: OutpostError?
        var isClosed = false
    }

    private let state = Mutex(State())

    var sandboxes: any SandboxStore { MemorySandboxStore(stores: self) }
    var tokens: any TokenStore { MemoryTokenStore(stores: self) }
    var idempotency: any IdempotencyStore { MemoryIdempotencyStore(stores: self) }

    func close() async throws(OutpostError) { change { $0.isClosed = true } }

    var current: State { state.withLock { $0 } }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    fileprivate func write<Result: Sendable>(
        _ body: @Sendable (inout State) throws(OutpostError) -> Result
    ) throws(OutpostError) -> Result {
        try state.withLock { (state) throws(OutpostError) in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }
}

private struct MemorySandboxStore: SandboxStore {
    let stores: MemoryStores

    func insert(_ sandbox: Sandbox) async throws(OutpostError) {
        try stores.write { $0.sandboxes[sandbox.id] = sandbox }
    }

    func delete(_ id: SandboxID) async throws(OutpostError) -> Bool {
        try stores.write { $0.sandboxes.removeValue(forKey: id) != nil }
    }

    func touch(_ touches: [SandboxTouch]) async throws(OutpostError) {
        try stores.write { state in
            state.touches += touches
            for touch in touches {
                state.sandboxes[touch.id]?.lastUsedAt = touch.lastUsedAt
                state.sandboxes[touch.id]?.expiresAt = touch.expiresAt
            }
        }
    }

    func all() async throws(OutpostError) -> SandboxInventory {
        let state = stores.current
        return SandboxInventory(sandboxes: Array(state.sandboxes.values), quarantined: state.quarantined)
    }
}

private struct MemoryTokenStore: TokenStore {
    let stores: MemoryStores

    func insert(_ token: TokenRecord) async throws(OutpostError) {
        try stores.write { (state) throws(OutpostError) in
            guard !state.tokens.contains(where: { $0.kind == token.kind && $0.name == token.name }) else {
                throw OutpostError(.conflict, "taken")
            }
            state.tokens.append(token)
        }
    }

    func token(secretHash: [UInt8]) async throws(OutpostError) -> TokenRecord? {
        stores.current.tokens.first { $0.secretHash == secretHash }
    }

    func token(_ kind: TokenKind, named name: String) async throws(OutpostError) -> TokenRecord? {
        stores.current.tokens.first { $0.kind == kind && $0.name == name }
    }

    func list(_ kind: TokenKind) async throws(OutpostError) -> [TokenRecord] {
        stores.current.tokens.filter { $0.kind == kind }
    }

    func delete(_ kind: TokenKind, named name: String) async throws(OutpostError) -> Bool {
        try stores.write { state in
            let count = state.tokens.count
            state.tokens.removeAll { $0.kind == kind && $0.name == name }
            return state.tokens.count < count
        }
    }

    func recordUses(_ uses: [TokenUse]) async throws(OutpostError) { try stores.write { $0.uses += uses } }
}

private struct MemoryIdempotencyStore: IdempotencyStore {
    let stores: MemoryStores

    func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, within limits: IdempotencyLimits
    ) async throws(OutpostError) -> IdempotencyClaim {
        let usage = usage(key.namespace)
        return try stores.write { state in
            if let claim = state.claims[key], claim.begunAt.advanced(bySeconds: idempotencyLifetimeSeconds) > now {
                if claim.bodyHash != bodyHash { return .mismatch }
                return claim.answer.map { .replay($0) } ?? .inProgress
            }
            if key.namespace != nil {
                guard usage.records < limits.records ?? .max, usage.bytes < limits.bytes ?? .max else {
                    return .full(usage)
                }
            }
            state.claims[key] = (bodyHash, now, nil)
            return .new
        }
    }

    func finish(_ key: IdempotencyKey, with answer: RecordedAnswer) async throws(OutpostError) {
        try stores.write { $0.claims[key]?.answer = answer }
    }

    func usage(of namespace: NamespaceName) async throws(OutpostError) -> IdempotencyUsage { usage(namespace) }

    private func usage(_ namespace: NamespaceName?) -> IdempotencyUsage {
        let own = stores.current.claims.filter { $0.key.namespace == namespace }
        return IdempotencyUsage(
            records: own.count, bytes: own.values.reduce(0) { $0 + ($1.answer?.body.count ?? 0) })
    }

    func abandon(_ key: IdempotencyKey) async throws(OutpostError) { try stores.write { $0.claims[key] = nil } }

    func sweep(before moment: Timestamp) async throws(OutpostError) -> Int {
        try stores.write { state in
            let count = state.claims.count
            state.claims = state.claims.filter { $0.value.begunAt >= moment }
            return count - state.claims.count
        }
    }
}
