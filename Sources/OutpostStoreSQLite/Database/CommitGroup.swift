// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import Synchronization

/// Runs writes that arrive at the same time in one transaction. They share one wait for the disk.
///
/// When one write of a group fails, the transaction is undone. Each write of the group then runs again in a transaction of
/// its own.
final class CommitGroup: Sendable {
    private struct State {
        var waiting: [any PendingWrite] = []
        var isWriting = false
    }

    /// Writes in one transaction. More writes would delay the first of them.
    private static let largest = 256

    private let pool: DatabasePool
    private let state = Mutex(State())

    init(_ pool: DatabasePool) { self.pool = pool }

    /// How many writes wait for the writer.
    var waitingWrites: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` in a transaction. `body` may run twice. The transaction is on the disk when this returns.
    ///
    /// - Throws: the error of `body` or of the commit. The transaction is then undone.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let write = Write(body, continuation)
            let isFirst = state.withLock { state in
                state.waiting.append(write)
                defer { state.isWriting = true }
                return !state.isWriting
            }
            if isFirst { pool.asyncWriteWithoutTransaction { database in self.drain(database) } }
        }
    }

    private func drain(_ database: Database) {
        while true {
            let group = state.withLock { state -> [any PendingWrite] in
                let group = Array(state.waiting.prefix(Self.largest))
                state.waiting.removeFirst(group.count)
                if group.isEmpty { state.isWriting = false }
                return group
            }
            guard !group.isEmpty else { return }
            if !commit(group, database), group.count > 1 {
                for write in group { _ = commit([write], database) }
            }
        }
    }

    /// Runs `group` in one transaction and resumes its callers. A failed group of several writes is undone, and its
    /// callers still wait.
    ///
    /// - Returns: whether the transaction is on the disk.
    private func commit(_ group: [any PendingWrite], _ database: Database) -> Bool {
        do {
            try database.inTransaction(.immediate) {
                for write in group { try write.perform(database) }
                return .commit
            }
        } catch {
            if group.count == 1 { group[0].fail(error) }
            return false
        }
        for write in group { write.succeed() }
        return true
    }
}

private protocol PendingWrite: AnyObject, Sendable {
    func perform(_ database: Database) throws
    /// Resumes the caller with the value. Call it when the transaction is on the disk.
    func succeed()
    func fail(_ error: any Error)
}

/// One write and the caller that waits for it. Only the writer's queue uses it after it joined the group.
private final class Write<Value: Sendable>: PendingWrite {
    private let body: @Sendable (Database) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private let value = Mutex<Value?>(nil)

    init(
        _ body: @escaping @Sendable (Database) throws -> Value, _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func perform(_ database: Database) throws {
        let result = try body(database)
        value.withLock { $0 = result }
    }

    func succeed() {
        guard let value = value.withLock({ $0 }) else { return }
        continuation.resume(returning: value)
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}
