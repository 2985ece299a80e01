// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import Synchronization
import Testing

@testable import OutpostEngine

/// Who may run in a sandbox, and when.
struct SandboxControllerTests {
    private let driver = FakeDriver()
    private let clock = ManualClock()
    private var events: Events { driver.events }

    private func session(_ mode: SandboxMode = .stateful) -> SandboxController {
        SandboxController(.sample(mode: mode), driver: driver, unloadAfterSeconds: 3600, clock: clock.wall)
    }

    /// A run that lasts until it is let go or cancelled.
    private func run(_ name: String, in session: SandboxController, concurrent: Bool = false) -> Task<
        Execution, any Error
    > {
        let driver = driver
        let now = clock.now
        return Task {
            try await session.run(ExecutionID(), concurrent: concurrent) { (sandbox, _) async throws(OutpostError) in
                await driver.events.record("start \(name)")
                let finished = await driver.held.run(name)
                await driver.events.record("end \(name)")
                return Execution(
                    id: ExecutionID(), sandboxID: sandbox.id, status: finished ? .succeeded : .cancelled,
                    startedAt: now,
                    completedAt: now)
            }
        }
    }

    @Test func runsOfAStatefulSandboxComeOneAfterTheOtherInOrderOfArrival() async throws {
        let session = session()
        var tasks: [Task<Execution, any Error>] = []
        for position in 0..<4 {
            tasks.append(run("\(position)", in: session))
            if position == 0 { await events.wait(for: "start 0") }
            await waitUntil { await session.waiting == position }
        }
        for position in 0..<4 {
            await events.wait(for: "start \(position)")
            driver.held.finish("\(position)")
        }
        for task in tasks { #expect(try await task.value.status == .succeeded) }
        #expect(await events.list == (0..<4).flatMap { ["start \($0)", "end \($0)"] })
    }

    @Test func aConcurrentRunDoesNotWait() async throws {
        let session = session()
        let first = run("first", in: session)
        await events.wait(for: "start first")
        let beside = run("beside", in: session, concurrent: true)
        await events.wait(for: "start beside")
        #expect(await session.sandbox.status == .running)
        driver.held.finish("beside")
        _ = try await beside.value
        #expect(await session.sandbox.status == .running)
        driver.held.finish("first")
        _ = try await first.value
        #expect(await session.sandbox.status == .ready)
    }

    @Test func runsOfAnEphemeralSandboxAreParallel() async throws {
        let session = session(.ephemeral)
        let tasks = ["a", "b"].map { run($0, in: session) }
        for name in ["a", "b"] { await events.wait(for: "start \(name)") }
        for name in ["a", "b"] { driver.held.finish(name) }
        for task in tasks { #expect(try await task.value.status == .succeeded) }
    }

    @Test(arguments: [false, true]) func oneRunCanBeCancelledAlone(isWaiting: Bool) async throws {
        let session = session()
        let (first, now, driver) = (run("first", in: session), clock.now, driver)
        await events.wait(for: "start first")
        let id = ExecutionID()
        let isCancelled = Atomic<Bool>(false)
        async let outcome = code {
            _ = try await session.run(
                id, concurrent: !isWaiting, isCancelled: { isCancelled.load(ordering: .acquiring) }
            ) { (sandbox, _) async throws(OutpostError) in
                let finished = await driver.held.run("second")
                return Execution(
                    id: id, sandboxID: sandbox.id, status: finished ? .succeeded : .cancelled, startedAt: now,
                    completedAt: now)
            }
        }
        if isWaiting { await waitUntil { await session.waiting == 1 } }
        isCancelled.store(true, ordering: .releasing)
        await session.cancel(id)
        let found = try await outcome
        #expect(isWaiting ? found == .conflict : found == nil || found == .conflict)
        driver.held.finish("first")
        #expect(try await first.value.status == .succeeded)
    }

    @Test func closingCancelsWhatRunsAndRefusesWhatWaits() async throws {
        let session = session()
        let running = run("running", in: session)
        await events.wait(for: "start running")
        let waiting = run("waiting", in: session)
        await waitUntil { await session.waiting == 1 }
        await session.close()
        #expect(try await running.value.status == .cancelled)
        #expect(try await code { _ = try await waiting.value } == .notFound)
        let late = run("late", in: session)
        #expect(try await code { _ = try await late.value } == .notFound)
        #expect(await events.list == ["start running", "end running"])
        #expect(await session.sandbox.status == .deleting)
    }

    @Test func stoppingRefusesWhatWaitsAsUnavailable() async throws {
        let session = session()
        let running = run("running", in: session)
        await events.wait(for: "start running")
        let waiting = run("waiting", in: session)
        await waitUntil { await session.waiting == 1 }
        await session.cancelRuns(refusing: Admission.stopping)
        #expect(try await running.value.status == .cancelled)
        #expect(try await code { _ = try await waiting.value } == .unavailable)
    }

    @Test func aRunWhoseTurnHasComeAndThatHasNotStartedIsRefusedToo() async throws {
        // It is neither waiting nor running at that moment, and nobody would hear of its end. A session asks the clock
        // for the last use of the run that ends, and calls the next one's turn after it: what the clock puts into the
        // session's line stands before what the turn puts there.
        let toStop = Mutex<SandboxController?>(nil)
        let now = clock.now
        let session = SandboxController(
            .sample(), driver: driver, unloadAfterSeconds: 3600,
            clock: {
                if let session = toStop.withLock({ $0.take() }) { Self.lineUpStop(of: session) }
                return now
            })
        let first = run("first", in: session)
        await events.wait(for: "start first")
        let second = run("second", in: session)
        await waitUntil { await session.waiting == 1 }
        toStop.withLock { $0 = session }
        first.cancel()
        _ = try await first.value
        // Its turn has come: this ends it only if it has started after all.
        second.cancel()
        #expect(try await code { _ = try await second.value } == .unavailable)
        #expect(try await code { _ = try await run("late", in: session).value } == .unavailable)
        #expect(await events.list == ["start first", "end first"])
    }

    /// Called on the session's executor.
    private static func lineUpStop(of session: SandboxController) {
        session.assumeIsolated { session in
            // A task that is the actor's from its beginning is in its line when this returns (SE-0431).
            _ = Task { await session.cancelRuns(refusing: Admission.stopping) }
        }
    }

    @Test func tooManyThatWaitAreRefusedAndHoldNoPlace() async throws {
        let quotas = QuotaLedger(capacities: [.concurrentRuns: 2])
        let admission = Admission(quotas: quotas)
        let session = SandboxController(
            .sample(), driver: driver, unloadAfterSeconds: 3600, clock: clock.wall, quotas: quotas, queueLimit: 2)
        let runAdmission = RunAdmission(admission: admission, namespace: .default, isQueued: false)
        let driver = driver
        @Sendable func enter(_ name: String) -> Task<Execution, any Error> {
            Task {
                try await session.run(ExecutionID(), concurrent: false, admission: runAdmission) {
                    (_, _) async throws(OutpostError) in
                    await driver.events.record("start \(name)")
                    _ = await driver.held.run(name)
                    throw OutpostError(.invalidRequest, ErrorText(name))
                }
            }
        }
        let first = enter("1")
        await events.wait(for: "start 1")
        let waiting = [enter("2"), enter("3")]
        await waitUntil { await session.waiting == 2 }
        #expect(admission.running == 1)
        #expect(quotas.used(.waitingRuns, in: .default) == 2)
        let refused = try await #require(throws: OutpostError.self) { _ = try await enter("4").value }
        #expect(refused.code == .rateLimited && refused.message.contains("2 runs already wait"))
        for name in ["1", "2", "3"] { driver.held.finish(name) }
        for task in [first] + waiting { #expect(try await code { _ = try await task.value } == .invalidRequest) }
        #expect(admission.running == 0)
        #expect(quotas.used(.waitingRuns) == 0)
    }

    @Test func aRunThatMayNotEnterLetsTheNextHaveItsTurn() async throws {
        let quotas = QuotaLedger(capacities: [.concurrentRuns: 1])
        let admission = Admission(quotas: quotas)
        try admission.enter(.default, isQueued: false)
        let session = session()
        let runAdmission = RunAdmission(admission: admission, namespace: .default, isQueued: false)
        let refused = try await code {
            _ = try await session.run(ExecutionID(), concurrent: false, admission: runAdmission) {
                (_, _) async throws(OutpostError) in throw OutpostError(.internal, "it ran")
            }
        }
        #expect(refused == .unavailable)
        driver.held.finish("next")
        #expect(try await run("next", in: session).value.status == .succeeded)
    }

    @Test func aRunThatFailsLetsTheNextOneIn() async throws {
        let session = session()
        let failing = Task {
            try await session.run(ExecutionID(), concurrent: false) { (_, _) async throws(OutpostError) in
                throw OutpostError(.invalidRequest, "no")
            }
        }
        #expect(try await code { _ = try await failing.value } == .invalidRequest)
        driver.held.finish("next")
        #expect(try await run("next", in: session).value.status == .succeeded)
    }

    @Test(
        arguments: [
            (nil, nil, nil), (100, nil, 100), (nil, 30, 30), (100, 30, 30), (20, 30, 20),
        ] as [(Int?, Int?, Int64?)])
    func theEarlierOfTheTwoEndsCounts(ttl: Int?, idle: Int?, seconds: Int64?) {
        var sandbox = Sandbox.sample()
        sandbox.timeToLiveSeconds = ttl
        sandbox.idleTimeoutSeconds = idle
        #expect(SandboxController.expiry(sandbox) == seconds.map { sandbox.createdAt.advanced(bySeconds: $0) })
    }
}

extension Sandbox {
    /// A sandbox that was never used.
    static func sample(
        id: SandboxID = SandboxID(), namespace: NamespaceName = .default, mode: SandboxMode = .stateful,
        environment: [EnvironmentVariable] = [], limits: ResourceLimits = .shippedDefaults
    ) -> Sandbox {
        let created = ManualClock().now
        return Sandbox(
            id: id, namespace: namespace, name: nil, language: "python", image: "host", mode: mode, status: .ready,
            limits: limits, environment: environment, workingDirectory: "/workspace", security: .init(), metadata: [:],
            timeToLiveSeconds: nil, idleTimeoutSeconds: nil, createdAt: created, lastUsedAt: created, expiresAt: nil)
    }
}
