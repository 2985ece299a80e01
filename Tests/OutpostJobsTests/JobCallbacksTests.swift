// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCallbacks
import OutpostCore
import OutpostMetrics
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostJobs

/// Callbacks from the end of their job until they are delivered or given up.
struct JobCallbacksTests {
    /// Takes callbacks, and answers as the test says.
    private actor Receiver {
        private(set) var messages: [CallbackMessage] = []
        private var outcome = CallbackOutcome.delivered(status: 200)
        private var gate: Gate?
        private var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?

        func send(_ message: CallbackMessage) async -> CallbackOutcome {
            messages.append(message)
            if let waiter, messages.count >= waiter.count {
                self.waiter = nil
                waiter.continuation.resume()
            }
            if let gate { await gate.wait() }
            return outcome
        }

        func answer(_ outcome: CallbackOutcome) { self.outcome = outcome }

        /// Has each answer wait until `gate` opens.
        func hold(_ gate: Gate?) { self.gate = gate }

        /// Returns when so many have come.
        func wait(for count: Int) async {
            guard messages.count < count else { return }
            await withCheckedContinuation { waiter = (count, $0) }
        }
    }

    private let store = MemoryJobs()
    private let receiver = Receiver()
    private let wall = WallTime()
    private let registry = MetricsRegistry(JobMetrics.families)
    private let callbacks: JobCallbacks

    init() {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let configuration = JobConfiguration(workers: 1, maxRunning: nil, leaseSeconds: 30, quotas: QuotaPolicy())
        let room = ResultQuota(policy: configuration.quotas, store: store, free: { nil })
        let runner = ScriptedRunner { job, _, _ in .sample(job) }
        let context = JobContext(
            configuration: configuration, store: store,
            results: JobResults(
                store: MemoryResults(), largeBytes: 1 << 20, quota: room, runner: runner, logger: logger),
            runner: runner, metrics: JobMetrics(registry),
            clock: { [wall] in wall.now },
            words: JobWords(callbackBody: { Array($0.id.rawValue.utf8) }, message: \.message), logger: logger)
        callbacks = JobCallbacks(context) { [receiver] in await receiver.send($0) }
    }

    /// Has jobs end whose callbacks are due now.
    private func end(_ numbers: ClosedRange<UInt64>, in namespace: NamespaceName = .default) async throws {
        let jobs = numbers.map { number in
            NewJob(
                id: JobID(number: number), namespace: namespace, sandboxID: SandboxID(),
                callbackURL: "https://a.example/\(number)", createdAt: wall.now, request: [])
        }
        _ = try await store.insert(jobs, within: JobLimits(queued: 1000), answering: nil, claiming: nil)
        let moment = JobMoment(now: wall.now, expiresAt: wall.now.advanced(bySeconds: 100_000))
        for job in jobs { _ = try await store.cancel(job.id, in: namespace, at: moment) }
    }

    /// Sends what is due, and returns when the fate of `count` callbacks since the start is noted.
    private func deliver(_ count: Int = 1) async {
        await callbacks.wake()
        await receiver.wait(for: count)
        // A delivery is over when its fate is noted.
        while await !callbacks.pending.isEmpty { await Task.yield() }
    }

    private func count(_ outcome: String) -> Double {
        registry.value("outpost_callbacks_total", [("outcome", outcome)]) ?? 0
    }

    /// Seconds from now until the next callback is due.
    private func nextSeconds() async throws -> Double? {
        try await store.nextCallback().map { Double($0.milliseconds - wall.now.milliseconds) / 1000 }
    }

    // MARK: - Outcomes

    @Test func aDueCallbackIsSentOnce() async throws {
        try await end(1...1)
        await deliver()
        let message = try #require(await receiver.messages.first)
        #expect(message.url == "https://a.example/1" && message.attempt == 1)
        #expect(message.deliveryID == JobID(number: 1).rawValue && message.body == Array(message.deliveryID.utf8))
        #expect(
            try await store.callbackSecret(of: .default, fresh: "other", replaces: false) == message.secret)
        #expect(try await nextSeconds() == nil)
        await deliver()
        #expect(await receiver.messages.count == 1)
        #expect(count("delivered") == 1 && count("failed") == 0)
        await callbacks.stop()
    }

    @Test func oneThatFailsIsSentAgainAfterAWhileAndThenForgotten() async throws {
        try await end(1...1)
        await receiver.answer(.failed(reason: "no", isPermanent: false, retryAfterSeconds: nil))
        await deliver()
        let next = try #require(try await nextSeconds())
        #expect(next >= 1 && next <= 5)
        await callbacks.wake()
        #expect(await receiver.messages.count == 1, "it is not due yet")
        await receiver.answer(.delivered(status: 204))
        wall.set(6)
        await deliver(2)
        #expect(await receiver.messages.map(\.attempt) == [1, 2])
        #expect(try await nextSeconds() == nil)
        #expect(count("delivered") == 1 && count("failed") == 1 && count("dropped") == 0)
        await callbacks.stop()
    }

    @Test func aReceiverMaySayWhen() async throws {
        try await end(1...1)
        await receiver.answer(.failed(reason: "busy", isPermanent: false, retryAfterSeconds: 600))
        await deliver()
        #expect(try await nextSeconds() == 600)
        await callbacks.stop()
    }

    @Test(arguments: [true, false])
    func oneThatCannotBeDeliveredIsGivenUp(isPermanent: Bool) async throws {
        try await end(1...1)
        // After an hour every failure is the last.
        if !isPermanent { wall.set(3600) }
        await receiver.answer(.failed(reason: "gone", isPermanent: isPermanent, retryAfterSeconds: nil))
        await deliver()
        #expect(try await nextSeconds() == nil)
        #expect(count("dropped") == 1 && count("failed") == 1)
        await callbacks.stop()
    }

    @Test func oneWhoseJobIsForgottenIsNotSent() async throws {
        try await end(1...1)
        store.intercept { [store] (call) throws(OutpostError) in
            if call.hasPrefix("job(") { _ = try await store.sweep(at: .distantFuture, limit: 10) }
        }
        await callbacks.wake()
        while await !callbacks.pending.isEmpty { await Task.yield() }
        #expect(await receiver.messages.isEmpty)
        #expect(try await nextSeconds() == nil)
        await callbacks.stop()
    }

    // MARK: - A store that fails

    @Test func whatTheStoreCannotTellIsSentLater() async throws {
        try await end(1...1)
        store.intercept { (call) throws(OutpostError) in
            if call.hasPrefix("claimCallbacks") { throw OutpostError(.unavailable, "busy") }
        }
        await callbacks.wake()
        #expect(await receiver.messages.isEmpty)
        store.intercept(nil)
        await deliver()
        #expect(await receiver.messages.count == 1)
        await callbacks.stop()
    }

    @Test func oneWhoseFateCannotBeNotedIsDueAgain() async throws {
        try await end(1...1)
        store.intercept { (call) throws(OutpostError) in
            if call.hasPrefix("rescheduleCallback") { throw OutpostError(.insufficientStorage, "full") }
        }
        await deliver()
        #expect(try await nextSeconds() == 60)
        store.intercept(nil)
        wall.set(60)
        await deliver(2)
        #expect(await receiver.messages.map(\.deliveryID) == [JobID(number: 1).rawValue, JobID(number: 1).rawValue])
        #expect(try await nextSeconds() == nil)
        await callbacks.stop()
    }

    @Test func oneWhoseJobCannotBeReadIsTriedAgain() async throws {
        try await end(1...1)
        store.intercept { (call) throws(OutpostError) in
            if call.hasPrefix("job(") { throw OutpostError(.internal, "damaged") }
        }
        await callbacks.wake()
        while await !callbacks.pending.isEmpty { await Task.yield() }
        #expect(await receiver.messages.isEmpty)
        #expect(try #require(try await nextSeconds()) >= 1)
        await callbacks.stop()
    }

    // MARK: - Many at once

    @Test func oneThatIsBeingSentIsNotSentBesideItself() async throws {
        let gate = Gate()
        await receiver.hold(gate)
        try await end(1...1)
        await callbacks.wake()
        await receiver.wait(for: 1)
        // It is due again, since its time is over.
        wall.set(61)
        for _ in 0..<3 { await callbacks.wake() }
        #expect(await receiver.messages.count == 1)
        #expect(await callbacks.pending.count == 1)
        gate.open()
        await callbacks.stop()
    }

    @Test func noMoreAreOnTheirWayThanThereMayBe() async throws {
        let gate = Gate()
        await receiver.hold(gate)
        let namespaces = try (0..<5).map { try #require(NamespaceName("team-\($0)")) }
        for (index, namespace) in namespaces.enumerated() {
            let first = UInt64(index * 100 + 1)
            try await end(first...first + 9, in: namespace)
        }
        await callbacks.wake()
        await receiver.wait(for: 32)
        await callbacks.wake()
        #expect(await receiver.messages.count == 32)
        let sending = Dictionary(await callbacks.pending.values.map { ($0.namespace, 1) }, uniquingKeysWith: +)
        #expect(sending.values.allSatisfy { $0 <= 8 } && sending.count >= 4)
        await receiver.hold(nil)
        gate.open()
        await receiver.wait(for: 50)
        while await !callbacks.pending.isEmpty { await Task.yield() }
        #expect(await Set(receiver.messages.map(\.deliveryID)).count == 50)
        #expect(await receiver.messages.count == 50 && count("delivered") == 50)
        await callbacks.stop()
    }

    @Test func whatBecomesDueWhileItLooksIsFound() async throws {
        let (gate, looking) = (Gate(), Gate())
        try await end(1...1)
        store.intercept { (call) throws(OutpostError) in
            guard call.hasPrefix("nextCallback") else { return }
            looking.open()
            await gate.wait()
        }
        let first = Task { await callbacks.wake() }
        await looking.wait()
        // It has looked, and has not come to the end.
        try await end(2...2)
        await callbacks.wake()
        gate.open()
        await first.value
        await receiver.wait(for: 2)
        #expect(await Set(receiver.messages.map(\.deliveryID)).count == 2)
        await callbacks.stop()
    }

    @Test func oneThatIsDueLaterIsSentThenByItself() async throws {
        try await end(1...1)
        try await store.rescheduleCallback(JobID(number: 1), at: Timestamp(milliseconds: wall.now.milliseconds + 20))
        await callbacks.wake()
        #expect(await receiver.messages.isEmpty)
        wall.set(1)
        await receiver.wait(for: 1)
        await callbacks.stop()
        #expect(count("delivered") == 1)
    }

    // MARK: - The end

    @Test func aStopWaitsForWhatIsBeingSentAndNothingFollows() async throws {
        let gate = Gate()
        await receiver.hold(gate)
        try await end(1...1)
        await callbacks.wake()
        await receiver.wait(for: 1)
        let stopping = Task { await callbacks.stop() }
        while await !callbacks.isStopping { await Task.yield() }
        #expect(await callbacks.pending.count == 1)
        gate.open()
        await stopping.value
        #expect(await callbacks.pending.isEmpty)
        try await end(2...2)
        await callbacks.wake()
        #expect(await receiver.messages.count == 1)
        #expect(try await nextSeconds() == 0, "it is sent after the next start")
    }

    @Test func aStopWhileItLooksLetsNothingBegin() async throws {
        let (gate, looking) = (Gate(), Gate())
        try await end(1...1)
        store.intercept { (call) throws(OutpostError) in
            guard call.hasPrefix("claimCallbacks") else { return }
            looking.open()
            await gate.wait()
        }
        let waking = Task { await callbacks.wake() }
        await looking.wait()
        let stopping = Task { await callbacks.stop() }
        while await !callbacks.isStopping { await Task.yield() }
        gate.open()
        await stopping.value
        // What is begun now would use a store that is closed.
        #expect(await callbacks.pending.isEmpty)
        await waking.value
        #expect(await callbacks.pending.isEmpty)
        #expect(await receiver.messages.isEmpty)
    }
}
