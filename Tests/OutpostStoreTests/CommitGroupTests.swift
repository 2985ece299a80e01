// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import GRDB
import Synchronization
import Testing

@testable import OutpostStoreSQLite

/// Writes that come together share a commit, and only that.
struct CommitGroupTests {
    private struct Refused: Error {}

    /// Counts the commits of a connection.
    private final class Commits: TransactionObserver, Sendable {
        private let counted = Atomic(0)
        var count: Int { counted.load(ordering: .acquiring) }

        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidCommit(_ database: Database) { counted.add(1, ordering: .acquiringAndReleasing) }
        func databaseDidRollback(_ database: Database) {}
    }

    /// A group on a new database with the table `numbers`. No number refers to one that is not there.
    private func withGroup(_ body: (CommitGroup, DatabasePool, Commits) async throws -> Void) async throws {
        try await withDatabasePath { path in
            let pool = try DatabasePool(path: path)
            try await pool.write { database in
                try database.execute(
                    sql: """
                        CREATE TABLE numbers (
                            number INTEGER PRIMARY KEY,
                            other INTEGER REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED);
                        """)
            }
            let commits = Commits()
            pool.add(transactionObserver: commits, extent: .databaseLifetime)
            try await body(CommitGroup(pool), pool, commits)
            try pool.close()
        }
    }

    private static func insert(_ number: Int, other: Int? = nil, _ database: Database) throws {
        try database.execute(sql: "INSERT INTO numbers VALUES (?, ?)", arguments: [number, other])
    }

    private func numbers(_ pool: DatabasePool) async throws -> [Int] {
        try await pool.read { try Int.fetchAll($0, sql: "SELECT number FROM numbers ORDER BY number") }
    }

    /// Begins `writes` while the writer is busy, and returns what each threw.
    private func together(
        _ group: CommitGroup, _ pool: DatabasePool, _ writes: [@Sendable (Database) throws -> Void]
    ) async throws -> [(any Error)?] {
        let (open, opened) = (DispatchSemaphore(value: 0), AsyncStream<Void>.makeStream())
        pool.asyncWriteWithoutTransaction { _ in
            opened.continuation.yield()
            open.wait()
        }
        for await _ in opened.stream { break }
        var tasks: [Task<(any Error)?, Never>] = []
        for write in writes {
            let task = Task { () -> (any Error)? in
                do { try await group.write(write) } catch { return error }
                return nil
            }
            tasks.append(task)
            // They come in their order.
            while group.waitingWrites < tasks.count { await Task.yield() }
        }
        open.signal()
        var errors: [(any Error)?] = []
        for task in tasks { errors.append(await task.value) }
        return errors
    }

    @Test func aWriteReturnsItsValueAndIsCommitted() async throws {
        try await withGroup { group, pool, commits in
            let value = try await group.write { database in
                try Self.insert(1, database)
                return database.changesCount
            }
            #expect(value == 1 && commits.count == 1)
            #expect(try await group.write { _ in Int?.none } == nil)
            #expect(try await numbers(pool) == [1])
        }
    }

    @Test func writesThatWaitTogetherHaveOneCommit() async throws {
        try await withGroup { group, pool, commits in
            let errors = try await together(group, pool, (1...50).map { number in { try Self.insert(number, $0) } })
            #expect(errors.allSatisfy { $0 == nil } && commits.count == 1)
            #expect(try await numbers(pool) == Array(1...50))
        }
    }

    @Test func aCommitHasNoMoreThanSoManyWrites() async throws {
        try await withGroup { group, pool, commits in
            let errors = try await together(group, pool, (1...600).map { number in { try Self.insert(number, $0) } })
            #expect(errors.allSatisfy { $0 == nil } && commits.count == 3)
            #expect(try await numbers(pool).count == 600)
        }
    }

    @Test func aWriteThatFailsAloneIsUndone() async throws {
        try await withGroup { group, pool, commits in
            await #expect(throws: Refused.self) {
                try await group.write { database in
                    try Self.insert(1, database)
                    throw Refused()
                }
            }
            #expect(try await numbers(pool) == [] && commits.count == 0)
            // The next write finds the group ready.
            try await group.write { try Self.insert(2, $0) }
            #expect(try await numbers(pool) == [2])
        }
    }

    @Test(arguments: [0, 1, 2])
    func oneThatFailsFailsAlone(position: Int) async throws {
        try await withGroup { group, pool, _ in
            let errors = try await together(
                group, pool,
                (0..<3).map { number in
                    { database in
                        try Self.insert(number, database)
                        if number == position { throw Refused() }
                    }
                })
            #expect(errors.map { $0 is Refused } == (0..<3).map { $0 == position })
            #expect(try await numbers(pool) == (0..<3).filter { $0 != position })
        }
    }

    @Test func aCommitThatTheDatabaseRefusesFailsTheWriteThatIsAtFault() async throws {
        try await withGroup { group, pool, _ in
            // The constraint is looked at when the transaction ends, and no write has failed by then.
            let errors = try await together(
                group, pool,
                [
                    { try Self.insert(1, $0) }, { try Self.insert(2, other: 99, $0) },
                    { try Self.insert(3, other: 1, $0) },
                ])
            #expect(errors[0] == nil && errors[1] is DatabaseError && errors[2] == nil)
            #expect(try await numbers(pool) == [1, 3])
            await #expect(throws: DatabaseError.self) { try await group.write { try Self.insert(4, other: 98, $0) } }
            #expect(try await numbers(pool) == [1, 3])
        }
    }

    @Test func aWriteThatLeansOnOneThatFailsIsTriedWithoutIt() async throws {
        try await withGroup { group, pool, _ in
            let seen = Mutex<[Int]>([])
            let errors = try await together(
                group, pool,
                [
                    { database in
                        try Self.insert(1, database)
                        throw Refused()
                    },
                    { database in
                        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM numbers") ?? -1
                        seen.withLock { $0.append(count) }
                    },
                ])
            #expect(errors[0] is Refused && errors[1] == nil)
            #expect(seen.withLock { $0.last } == 0, "it has seen what was never written")
        }
    }

    @Test func aWriteAfterTheCloseFailsAndDoesNotHang() async throws {
        try await withDatabasePath { path in
            let pool = try DatabasePool(path: path)
            let group = CommitGroup(pool)
            try await group.write { try $0.execute(sql: "CREATE TABLE t (a)") }
            try pool.close()
            for _ in 0..<2 {
                await #expect(throws: DatabaseError.self) {
                    try await group.write { try $0.execute(sql: "INSERT INTO t VALUES (1)") }
                }
            }
        }
    }
}
