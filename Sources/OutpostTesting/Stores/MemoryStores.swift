// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore
import Synchronization

/// Stores in memory. A test can make their writes fail.
public final class MemoryStores: OutpostStores {
    /// What is kept under an idempotency key.
    public struct Claim: Sendable {
        public let namespace: NamespaceName?
        public let bodyHash: [UInt8]
        public let begunAt: Timestamp
        public var answer: RecordedAnswer?
    }

    public struct State {
        public var sandboxes: [SandboxID: Sandbox] = [:]
        public var quarantined: [QuarantinedRecord] = []
        public var snapshots: [SnapshotID: Snapshot] = [:]
        public var sealings: [DiskSealing] = []
        public var touches: [SandboxTouch] = []
        public var processes: [ProcessID: StoredProcess] = [:]
        public var tokens: [TokenRecord] = []
        public var uses: [TokenUse] = []
        /// By their keys without the namespace, which does not tell two requests apart.
        public var claims: [IdempotencyKey: Claim] = [:]
        /// What every write throws.
        public var failure: OutpostError?
        public var isClosed = false

        /// The first answer stands.
        fileprivate mutating func keep(_ answer: RecordedAnswer, _ key: IdempotencyKey) {
            if claims[key.withoutNamespace]?.answer == nil { claims[key.withoutNamespace]?.answer = answer }
        }
    }

    private final class Box: Sendable {
        let state = Mutex(State())
    }

    private let box = Box()
    private let memoryJobs: MemoryJobs

    /// - Parameter leaseClock: milliseconds that only go forward, from any start.
    public init(leaseClock: @escaping @Sendable () -> Int64 = { 0 }) {
        memoryJobs = MemoryJobs(leaseClock: leaseClock) { [box] keyed in
            box.state.withLock { $0.keep(keyed.answer, keyed.key) }
        }
    }

    public var sandboxes: any SandboxStore { MemorySandboxStore(stores: self) }
    public var processes: any ProcessStore { MemoryProcessStore(stores: self) }
    public var tokens: any TokenStore { MemoryTokenStore(stores: self) }
    public var idempotency: any IdempotencyStore { MemoryIdempotencyStore(stores: self) }
    public var jobs: any JobStore { memoryJobs }

    public func close() async throws(OutpostError) {
        change { $0.isClosed = true }
        memoryJobs.close()
    }

    /// Opens the stores again, as a server does that finds what another left: claims without an answer and leases are gone.
    public func restart() {
        change { state in
            state.isClosed = false
            state.claims = state.claims.filter { $0.value.answer != nil }
        }
        memoryJobs.restart()
    }

    public var current: State { box.state.withLock { $0 } }

    public func change(_ body: (inout State) -> Void) { box.state.withLock { body(&$0) } }

    fileprivate func read() throws(OutpostError) -> State {
        let state = current
        guard !state.isClosed else { throw OutpostError(.internal, "the stores are closed") }
        return state
    }

    fileprivate func write<Result: Sendable>(
        _ body: @Sendable (inout State) throws(OutpostError) -> Result
    ) throws(OutpostError) -> Result {
        _ = try read()
        return try box.state.withLock { (state) throws(OutpostError) in
            if let failure = state.failure { throw failure }
            return try body(&state)
        }
    }
}

extension IdempotencyKey {
    fileprivate var withoutNamespace: IdempotencyKey {
        IdempotencyKey(credential: credential, method: method, path: path, key: key)
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
        try stores.write { state in
            state.sealings.removeAll { $0.sandbox == id }
            return state.sandboxes.removeValue(forKey: id) != nil
        }
    }

    func commit(_ change: SandboxChange) async throws(OutpostError) -> Bool {
        try stores.write { (state) throws(OutpostError) in
            var new = state
            if let sandbox = change.updated {
                guard new.sandboxes.updateValue(sandbox, forKey: sandbox.id) != nil else { return false }
                new.sealings.removeAll { $0.sandbox == sandbox.id }
            }
            for sandbox in change.inserted where new.sandboxes.updateValue(sandbox, forKey: sandbox.id) != nil {
                throw OutpostError(.conflict, "taken")
            }
            if let snapshot = change.snapshot, new.snapshots.updateValue(snapshot, forKey: snapshot.id) != nil {
                throw OutpostError(.conflict, "taken")
            }
            state = new
            return true
        }
    }

    func begin(_ sealing: DiskSealing) async throws(OutpostError) {
        try stores.write { $0.sealings.append(sealing) }
    }

    func delete(_ id: SnapshotID) async throws(OutpostError) -> Bool {
        try stores.write { $0.snapshots.removeValue(forKey: id) != nil }
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
        let state = try stores.read()
        let sandboxes = state.sandboxes.values.sorted {
            ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue)
        }
        let snapshots = state.snapshots.values.sorted {
            ($0.createdAt, $0.id.rawValue) < ($1.createdAt, $1.id.rawValue)
        }
        return SandboxInventory(
            sandboxes: sandboxes, quarantined: state.quarantined, snapshots: snapshots, sealings: state.sealings)
    }
}

private struct MemoryProcessStore: ProcessStore {
    let stores: MemoryStores

    func put(_ process: StoredProcess) async throws(OutpostError) {
        try stores.write { $0.processes[process.process.id] = process }
    }

    func delete(_ ids: [ProcessID]) async throws(OutpostError) {
        try stores.write { state in
            for id in ids { state.processes[id] = nil }
        }
    }

    func all() async throws(OutpostError) -> [StoredProcess] {
        try stores.read().processes.values.sorted {
            ($0.process.startedAt, $0.process.id.rawValue) < ($1.process.startedAt, $1.process.id.rawValue)
        }
    }
}

private struct MemoryTokenStore: TokenStore {
    let stores: MemoryStores

    func insert(_ token: TokenRecord) async throws(OutpostError) {
        try stores.write { (state) throws(OutpostError) in
            guard !state.tokens.contains(where: { $0.kind == token.kind && $0.name == token.name }) else {
                throw OutpostError(.conflict, "taken")
            }
            guard token.secretHash.count == 32,
                !state.tokens.contains(where: { $0.secretHash == token.secretHash || $0.id == token.id })
            else { throw OutpostError(.internal, "the token has no id or no secret of its own") }
            state.tokens.append(token)
        }
    }

    func token(secretHash: [UInt8]) async throws(OutpostError) -> TokenRecord? {
        try stores.read().tokens.first { $0.secretHash == secretHash }
    }

    func token(_ kind: TokenKind, named name: String) async throws(OutpostError) -> TokenRecord? {
        try stores.read().tokens.first { $0.kind == kind && $0.name == name }
    }

    func list(_ kind: TokenKind) async throws(OutpostError) -> [TokenRecord] {
        try stores.read().tokens.filter { $0.kind == kind }.sorted { $0.name < $1.name }
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
            let name = key.withoutNamespace
            if let claim = state.claims[name], claim.begunAt.advanced(bySeconds: idempotencyLifetimeSeconds) > now {
                if claim.bodyHash != bodyHash { return .mismatch }
                return claim.answer.map { .replay($0) } ?? .inProgress
            }
            state.claims[name] = nil
            if let namespace = key.namespace {
                let usage = Self.usage(namespace, state)
                guard usage.records < limits.records ?? .max, usage.bytes < limits.bytes ?? .max else {
                    return .full(usage)
                }
            }
            state.claims[name] = MemoryStores.Claim(namespace: key.namespace, bodyHash: bodyHash, begunAt: now)
            return .new
        }
    }

    func finish(_ key: IdempotencyKey, with answer: RecordedAnswer) async throws(OutpostError) {
        try stores.write { $0.keep(answer, key) }
    }

    func usage(of namespace: NamespaceName) async throws(OutpostError) -> IdempotencyUsage {
        Self.usage(namespace, try stores.read())
    }

    private static func usage(_ namespace: NamespaceName, _ state: MemoryStores.State) -> IdempotencyUsage {
        let own = state.claims.values.filter { $0.namespace == namespace }
        return IdempotencyUsage(records: own.count, bytes: own.reduce(0) { $0 + ($1.answer?.body.count ?? 0) })
    }

    func abandon(_ key: IdempotencyKey) async throws(OutpostError) {
        try stores.write { state in
            let name = key.withoutNamespace
            // What has an answer stays.
            if state.claims[name]?.answer == nil { state.claims[name] = nil }
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
