// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// Which runs can be found, and for how long.
struct ExecutionBookTests {
    private let sandbox = SandboxID()
    private static let plenty = 1 << 30

    private func run(_ id: ExecutionID = ExecutionID(), in sandbox: SandboxID? = nil) -> RunningExecution {
        RunningExecution(
            id: id, sandbox: sandbox ?? self.sandbox, namespace: .default, output: nil,
            clock: { Timestamp(milliseconds: 0) }, cancel: {})
    }

    private func execution(of run: RunningExecution, bytes: Int = 0) -> Execution {
        Execution(
            id: run.id, sandboxID: run.sandboxID, status: .succeeded,
            stdout: CapturedOutput(bytes: [UInt8](repeating: 0, count: bytes), total: bytes),
            startedAt: Timestamp(milliseconds: 0), completedAt: Timestamp(milliseconds: 0))
    }

    /// The kept bytes of output of each run of the sandbox; nil for one in progress.
    private func outputs(_ book: ExecutionBook, of sandbox: SandboxID? = nil) -> [Int?] {
        book.entries(of: sandbox ?? self.sandbox, .default).map { entry in
            if case .ended(let ended) = entry { ended.execution.stdout.bytes.count } else { nil }
        }
    }

    /// Adds runs that have ended.
    private func end(
        _ count: Int, in book: inout ExecutionBook, of sandbox: SandboxID? = nil, bytes: Int = 0, limit: Int = plenty
    ) throws -> [ExecutionID] {
        try (0..<count).map { _ in
            let run = run(in: sandbox)
            try book.begin(run)
            book.end(run, execution(of: run, bytes: bytes), limit: limit)
            return run.id
        }
    }

    @Test func aRunIsFoundWhileItRunsAndAfterwards() throws {
        var book = ExecutionBook()
        let run = run()
        try book.begin(run)
        guard case .running? = book.entry(run.id, in: sandbox, .default) else {
            Issue.record("it is not in progress")
            return
        }
        book.end(run, execution(of: run), limit: Self.plenty)
        guard case .ended? = book.entry(run.id, in: sandbox, .default) else {
            Issue.record("it has not ended")
            return
        }
        #expect(book.entry(run.id, in: SandboxID(), .default) == nil)
        let other = try #require(NamespaceName("other"))
        #expect(book.entry(run.id, in: sandbox, other) == nil)
        #expect(book.entries(of: sandbox, other).isEmpty)
    }

    @Test func anIdCanBeUsedOnceInANamespace() throws {
        var book = ExecutionBook()
        let first = run()
        try book.begin(first)
        #expect(throws: OutpostError.self) { try book.begin(run(first.id)) }
        book.end(first, execution(of: first), limit: Self.plenty)
        #expect(throws: OutpostError.self) { try book.begin(run(first.id, in: SandboxID())) }
        let failed = run()
        try book.begin(failed)
        book.fail(failed)
        try book.begin(run(failed.id))
    }

    @Test func theLastHundredOfASandboxAreKept() throws {
        var book = ExecutionBook()
        let other = SandboxID()
        _ = try end(1, in: &book, of: other)
        let ids = try end(ExecutionBook.mostEnded + 3, in: &book)
        let running = run()
        try book.begin(running)
        #expect(outputs(book).count == ExecutionBook.mostEnded + 1 && outputs(book).last == .some(nil))
        #expect(ids.prefix(4).map { book.entry($0, in: sandbox, .default) == nil } == [true, true, true, false])
        #expect(outputs(book, of: other) == [0])
        #expect(book.bytes(of: .default) == (ExecutionBook.mostEnded + 1) * ExecutionBook.recordBytes)
    }

    @Test func theOldestLoseTheirOutputFirstAndThenTheirRecord() throws {
        var book = ExecutionBook()
        let limit = 3 * ExecutionBook.recordBytes + 2000
        _ = try end(3, in: &book, bytes: 1000, limit: limit)
        #expect(outputs(book) == [0, 1000, 1000])
        _ = try end(1, in: &book, bytes: 1, limit: limit)
        #expect(outputs(book) == [0, 0, 0, 1])
        let other = SandboxID()
        _ = try end(1, in: &book, of: other, bytes: 1_000_000, limit: limit)
        #expect(outputs(book) == [0, 0, 0] && outputs(book, of: other) == [0])
        #expect(book.bytes(of: .default) <= limit)
        let all = book.entries(of: other, .default)
        guard case .ended(let last)? = all.first else {
            Issue.record("it is not kept")
            return
        }
        #expect(last.execution.stdout.total == 1_000_000 && last.execution.stdout.isTruncated)
    }

    @Test func nothingIsKeptWithoutRoom() throws {
        var book = ExecutionBook()
        _ = try end(3, in: &book, bytes: 10, limit: 0)
        #expect(outputs(book).isEmpty && book.bytes(of: .default) == 0)
    }

    @Test func nothingIsKeptOfADeletedSandbox() throws {
        var book = ExecutionBook()
        _ = try end(2, in: &book)
        let running = run()
        try book.begin(running)
        book.forget(sandbox, in: .default)
        #expect(outputs(book) == [nil])
        book.end(running, execution(of: running), limit: Self.plenty)
        #expect(outputs(book).isEmpty && book.bytes(of: .default) == 0)
    }
}
