// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore
import Synchronization

/// Stores in memory. A test can make writes fail.
public final class MemoryStores: OutpostStores {
    /// The content of the stores.
    public struct State {
        /// The records of sandboxes.
        public var sandboxes: [SandboxID: Sandbox] = [:]
        /// The records that `all` reports as unreadable.
        public var quarantined: [QuarantinedRecord] = []
        /// All updates of last uses.
        public var touches: [SandboxTouch] = []
        /// The records of tokens.
        public var tokens: [TokenRecord] = []
        /// All recorded uses of tokens.
        public var uses: [TokenUse] = []
        /// The claims of idempotency keys.
        public var claims: [IdempotencyKey: (bodyHash: [UInt8], begunAt: Timestamp, answer: RecordedAnswer?)] = [:]
        /// The error of every write.
        public var failure: OutpostError?
        /// Whether `close` was called.
        public var isClosed = false
    }

    private let state = Mutex(State())

    /// Creates empty stores.
    public init() {}

    /// The store of sandboxes.
    public var sandboxes: any SandboxStore { MemorySandboxStore(stores: self) }
    /// The store of tokens.
    public var tokens: any TokenStore { MemoryTokenStore(stores: self) }
    /// The store of idempotency keys.
    public var idempotency: any IdempotencyStore { MemoryIdempotencyStore(stores: self) }

    /// Records the call.
    public func close() async throws(OutpostError) { change { $0.isClosed = true } }

    /// A copy of the current content.
    public var current: State { state.withLock { $0 } }

    /// Changes the content directly.
    public func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

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
        try stores.write { (state) throws(OutpostError) in
            guard state.sandboxes[sandbox.id] == nil else { throw OutpostError(.conflict, "taken") }
            state.sandboxes[sandbox.id] = sandbox
        }
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
        return SandboxInventory(
            sandboxes: state.sandboxes.values.sorted { $0.createdAt < $1.createdAt }, quarantined: state.quarantined)
    }
}

private struct MemoryTokenStore: TokenStore {
    let stores: MemoryStores

    func insert(_ token: TokenRecord) async throws(OutpostError) {
        try stores.write { (state) throws(OutpostError) in
            guard !state.tokens.contains(where: { $0.kind == token.kind && $0.name == token.name }) else {
                throw OutpostError(.conflict, "taken")
            }
            guard token.secretHash.count == 32, !state.tokens.contains(where: { $0.secretHash == token.secretHash })
            else { throw OutpostError(.internal, "the hash is too short or not unique") }
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
        stores.current.tokens.filter { $0.kind == kind }.sorted { $0.name < $1.name }
    }

    func delete(_ kind: TokenKind, named name: String) async throws(OutpostError) -> Bool {
        try stores.write { state in
            let count = state.tokens.count
            state.tokens.removeAll { $0.kind == kind && $0.name == name }
            return state.tokens.count < count
        }
    }

    func recordUses(_ uses: [TokenUse]) async throws(OutpostError) {
        try stores.write { state in
            state.uses += uses
            for use in uses {
                for index in state.tokens.indices where state.tokens[index].id == use.id {
                    state.tokens[index].lastUsedAt = use.usedAt
                }
            }
        }
    }
}

private struct MemoryIdempotencyStore: IdempotencyStore {
    let stores: MemoryStores

    func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, within limits: IdempotencyLimits
    ) async throws(OutpostError) -> IdempotencyClaim {
        try stores.write { state in
            if let claim = state.claims[key], claim.begunAt.advanced(bySeconds: idempotencyLifetimeSeconds) > now {
                if claim.bodyHash != bodyHash { return .mismatch }
                return claim.answer.map { .replay($0) } ?? .inProgress
            }
            state.claims[key] = nil
            if let namespace = key.namespace {
                let usage = Self.usage(namespace, state)
                guard usage.records < limits.records ?? .max, usage.bytes < limits.bytes ?? .max else {
                    return .full(usage)
                }
            }
            state.claims[key] = (bodyHash, now, nil)
            return .new
        }
    }

    func finish(_ key: IdempotencyKey, with answer: RecordedAnswer) async throws(OutpostError) {
        try stores.write { state in
            // The first answer is kept.
            if state.claims[key]?.answer == nil { state.claims[key]?.answer = answer }
        }
    }

    func usage(of namespace: NamespaceName) async throws(OutpostError) -> IdempotencyUsage {
        Self.usage(namespace, stores.current)
    }

    private static func usage(_ namespace: NamespaceName, _ state: MemoryStores.State) -> IdempotencyUsage {
        let own = state.claims.filter { $0.key.namespace == namespace }
        return IdempotencyUsage(
            records: own.count, bytes: own.values.reduce(0) { $0 + ($1.answer?.body.count ?? 0) })
    }

    func abandon(_ key: IdempotencyKey) async throws(OutpostError) {
        try stores.write { state in
            // A claim with an answer is kept.
            if state.claims[key]?.answer == nil { state.claims[key] = nil }
        }
    }

    func sweep(before moment: Timestamp) async throws(OutpostError) -> Int {
        try stores.write { state in
            let count = state.claims.count
            state.claims = state.claims.filter { $0.value.begunAt >= moment }
            return count - state.claims.count
        }
    }
}
