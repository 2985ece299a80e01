// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import Synchronization

/// Gives writes that come together one commit: what they wait for is the disk, and it is asked once for all of them.
///
/// A write that fails takes the others' transaction with it, so each then gets one of its own.
final class CommitGroup: Sendable {
    private struct State {
        var waiting: [any PendingWrite] = []
        var isWriting = false
    }

    private let pool: DatabasePool
    private let state = Mutex(State())

    /// Writes in one transaction. More would hold up the first of them.
    private static let largest = 256

    init(_ pool: DatabasePool) { self.pool = pool }

    /// Runs `body` in a transaction, which is on the disk when this returns and undone when this throws.
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

    /// False when nothing of a group of several was written, and nobody has been told yet.
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
    /// The transaction is on the disk.
    func succeed()
    func fail(_ error: any Error)
}

/// Used by the writer's queue alone, once it has been handed over.
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
