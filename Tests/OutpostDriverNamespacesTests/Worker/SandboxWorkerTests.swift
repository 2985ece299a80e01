// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A sandbox's worker comes with the first request and goes when nobody needs it.
@Suite(.reactor)
struct SandboxWorkerTests {
    private static let status = WorkerOperation.status(path: "/a", followsLink: false)

    /// A worker whose processes are the test's.
    @Reactor
    private final class Fixture {
        let tasks = TaskOwner()
        private(set) var started: [(worker: FakeWorker, connection: WorkerConnection)] = []
        /// What the next start throws.
        var failure: OutpostError?
        private let patience: UInt64
        private var onStart: CheckedContinuation<Void, Never>?
        private(set) lazy var worker = SandboxWorker(tasks: tasks, patience: patience) {
            [unowned self] connection throws(OutpostError) in try start(connection)
        }

        init(patience: UInt64 = 3_600_000_000_000) { self.patience = patience }

        private func start(_ connection: WorkerConnection) throws(OutpostError) -> any RunningProcess {
            if let failure {
                self.failure = nil
                throw failure
            }
            let process = FakeWorker()
            started.append((process, connection))
            onStart?.resume()
            onStart = nil
            return process
        }

        /// Returns when so many workers have been started and the last one has its hello.
        func wait(for count: Int) async -> (worker: FakeWorker, connection: WorkerConnection) {
            while started.count < count { await withCheckedContinuation { onStart = $0 } }
            let last = started[count - 1]
            await last.worker.wait { !$0.requests.isEmpty }
            return last
        }

        /// Ends all processes, and what waits for them.
        func close() async {
            for (process, connection) in started { process.end(connection) }
            await tasks.wait()
        }
    }

    @Test @Reactor func oneWorkerServesAllRequests() async throws {
        let fixture = Fixture()
        let first = fixture.worker.begin(Self.status)
        let (process, connection) = await fixture.wait(for: 1)
        let second = fixture.worker.begin(Self.status)
        #expect(process.begun == 2 && fixture.started.count == 1)
        connection.hear(WorkerConnection.greeting, .done(1, nil), .done(2, nil))
        #expect(try await first.done() == nil)
        #expect(try await second.done() == nil)
        #expect(!process.isInputClosed)
        await fixture.close()
    }

    @Test @Reactor func aStartThatFailsFailsItsRequestsAndTheNextOneStartsAnew() async throws {
        let fixture = Fixture()
        fixture.failure = OutpostError(.insufficientStorage, "no room")
        let exchange = fixture.worker.begin(Self.status)
        let error = await #expect(throws: OutpostError.self) { _ = try await exchange.done() }
        #expect(error?.code == .insufficientStorage)
        _ = fixture.worker.begin(Self.status)
        #expect(await fixture.wait(for: 1).worker.begun == 1)
        await fixture.close()
    }

    @Test @Reactor func aWorkerThatHasEndedIsReplacedByTheNextRequest() async throws {
        let fixture = Fixture()
        let exchange = fixture.worker.begin(Self.status)
        let (process, connection) = await fixture.wait(for: 1)
        process.end(connection)
        await #expect(throws: OutpostError.self) { _ = try await exchange.done() }
        _ = fixture.worker.begin(Self.status)
        let second = await fixture.wait(for: 2)
        #expect(second.worker !== process && second.worker.begun == 1)
        await fixture.close()
    }

    @Test @Reactor func oneThatNobodyNeedsIsEnded() async {
        let fixture = Fixture(patience: 1_000_000)
        _ = fixture.worker.begin(Self.status)
        let (process, connection) = await fixture.wait(for: 1)
        connection.hear(WorkerConnection.greeting, .done(1, nil))
        await process.wait(until: \.isInputClosed)
        // It is not the worker of what comes then.
        _ = fixture.worker.begin(Self.status)
        #expect(await fixture.wait(for: 2).worker.begun == 1)
        await fixture.close()
    }

    @Test @Reactor func aRequestKeepsIt() async {
        let fixture = Fixture(patience: 1_000_000)
        _ = fixture.worker.begin(Self.status)
        let (process, connection) = await fixture.wait(for: 1)
        connection.hear(WorkerConnection.greeting, .done(1, nil))
        // The timer runs; the reactor has not had a turn to let it fire.
        _ = fixture.worker.begin(Self.status)
        // A timer that is due later fires later.
        await withCheckedContinuation { continuation in
            _ = Reactor.schedule(afterNanoseconds: 2_000_000) { continuation.resume() }
        }
        #expect(!process.isInputClosed && process.begun == 2 && fixture.started.count == 1)
        await fixture.close()
    }

    @Test @Reactor func endingItFailsWhatIsInProgress() async {
        let fixture = Fixture()
        let exchange = fixture.worker.begin(Self.status)
        let process = await fixture.wait(for: 1).worker
        fixture.worker.end()
        let error = await #expect(throws: OutpostError.self) { _ = try await exchange.done() }
        #expect(error?.code == .unavailable && process.isInputClosed)
        fixture.worker.end()
        #expect(process.kills == 0)
        await fixture.close()
    }

    @Test @Reactor func oneThatIsEndedWhileItStartsIsKilled() async {
        let fixture = Fixture()
        let exchange = fixture.worker.begin(Self.status)
        fixture.worker.end()
        await #expect(throws: OutpostError.self) { _ = try await exchange.done() }
        while fixture.started.isEmpty { await Task.yield() }
        let process = fixture.started[0].worker
        await process.wait { $0.kills == 1 }
        #expect(process.requests.isEmpty)
        await fixture.close()
    }

    @Test @Reactor func endingOneThatNeverStartedDoesNothing() async {
        let fixture = Fixture()
        fixture.worker.end()
        #expect(fixture.started.isEmpty)
        await fixture.tasks.wait()
    }
}
