// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Logging
import OutpostCallbacks
import OutpostCore
import OutpostStore

/// Sends the callbacks of jobs that have ended, and retries failed ones. `CallbackBackoff` says for how long.
actor JobCallbacks {
    /// The most deliveries at one time.
    private static let maxDeliveries = 32
    /// The most deliveries of one namespace at one time. It is less than the number of threads that resolve host names, so
    /// one namespace cannot use all of them.
    private static let maxDeliveriesPerNamespace = 8
    /// The most bytes that one byte of output takes in the body of a callback: `\u0001` in JSON.
    private static let mostBodyBytes = 6
    /// The time after which a claimed callback is due again. It is longer than any delivery takes.
    private static let holdMilliseconds: Int64 = 60_000

    private let context: JobContext
    private let send: Send
    private let backoff = CallbackBackoff()
    private(set) var pending: [JobID: (namespace: NamespaceName, task: Task<Void, Never>)] = [:]
    /// Sleeps until the next callback is due, then calls `wake`.
    private var alarm: Task<Void, Never>?
    /// Whether a call of `wake` is claiming callbacks.
    private var isClaiming = false
    /// Whether there may be due callbacks that the running `wake` has not seen.
    private var mayHaveMore = false
    private(set) var isStopping = false
    /// Calls of `stop` that wait for the claim in progress.
    private var claimWaiters: [CheckedContinuation<Void, Never>] = []

    /// Delivers one callback.
    typealias Send = @Sendable (CallbackMessage) async -> CallbackOutcome

    init(_ context: JobContext, send: @escaping Send) {
        self.context = context
        self.send = send
    }

    /// Starts the delivery of due callbacks, and sets the alarm for the next one. Call it when there may be a new
    /// callback.
    func wake() async {
        mayHaveMore = true
        guard !isClaiming else { return }
        isClaiming = true
        defer { endClaim() }
        while mayHaveMore, !isStopping {
            mayHaveMore = false
            let free = Self.maxDeliveries - pending.count
            guard free > 0 else { return }
            await startDeliveries(atMost: free)
        }
    }

    private func endClaim() {
        isClaiming = false
        for waiter in claimWaiters { waiter.resume() }
        claimWaiters = []
    }

    private func startDeliveries(atMost limit: Int) async {
        do throws(OutpostError) {
            let sending = Dictionary(pending.values.map { ($0.namespace, 1) }, uniquingKeysWith: +)
            let claim = CallbackClaim(
                limit: limit, namespaceLimit: Self.maxDeliveriesPerNamespace, sending: sending,
                holdMilliseconds: Self.holdMilliseconds)
            let due = try await context.store.claimCallbacks(claim, at: context.clock())
            // A callback that is claimed and not sent is due again at the next start.
            guard !isStopping else { return }
            for callback in due where pending[callback.job] == nil {
                let task = Task { await finish(callback.job, retryingAt: await deliver(callback)) }
                pending[callback.job] = (callback.namespace, task)
            }
            mayHaveMore = mayHaveMore || due.count == limit
            if let next = try await context.store.nextCallback() { setAlarm(next) }
        } catch {
            context.logger.warning("callbacks cannot be sent", metadata: ["error": "\(error)"])
            setAlarm(context.clock().advanced(bySeconds: 5))
        }
    }

    /// Calls `wake` at `next`, and after at most a minute. So a change of the wall clock delays a callback by a minute at
    /// most.
    private func setAlarm(_ next: Timestamp) {
        alarm?.cancel()
        guard !isStopping else { return }
        let milliseconds = min(60_000, max(10, next.milliseconds - context.clock().milliseconds))
        alarm = Task {
            do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { return }
            await wake()
        }
    }

    private func finish(_ id: JobID, retryingAt next: Timestamp?) async {
        do throws(OutpostError) {
            try await context.store.rescheduleCallback(id, at: next)
        } catch {
            // The callback is due again after its hold time. The receiver recognizes a repeated delivery by its id.
            context.logger.warning(
                "the outcome of a callback cannot be stored", metadata: ["job": "\(id)", "error": "\(error)"])
        }
        pending[id] = nil
        await wake()
    }

    /// Sends one callback.
    ///
    /// - Returns: when to try again; nil for never.
    private func deliver(_ callback: DueCallback) async -> Timestamp? {
        let outcome: CallbackOutcome
        do throws(OutpostError) {
            guard let record = try await context.store.job(callback.job, in: callback.namespace) else { return nil }
            let memory = context.runner.outputMemory(in: callback.namespace)
            let job = try await context.results.job(record) { await memory.wait(for: $0) }
            let output = job.result?.outputBytes ?? 0
            await memory.wait(for: Self.mostBodyBytes * output)
            let body = try await context.runner.compute(
                bytes: output, for: callback.namespace
            ) { [words = context.words] () throws(OutpostError) in words.callbackBody(job) }
            memory.shrink(to: body.count)
            // The body is in memory until the receiver has taken it.
            defer { memory.shrink(to: 0) }
            let secret = try await context.store.callbackSecret(
                of: callback.namespace, fresh: CallbackSignature.newSecret(), replaces: false)
            outcome = await send(
                CallbackMessage(
                    url: callback.url, body: body, secret: secret, deliveryID: callback.job.rawValue,
                    attempt: callback.attempt))
        } catch {
            outcome = .failed(reason: error.message, isPermanent: false, retryAfterSeconds: nil)
        }
        return next(after: outcome, callback)
    }

    private func next(after outcome: CallbackOutcome, _ callback: DueCallback) -> Timestamp? {
        guard case .failed(let reason, let isPermanent, let retryAfter) = outcome else {
            context.metrics.callbacksDelivered.increment()
            return nil
        }
        // The stop of the server ended this delivery, and not the receiver. It is due at the next start.
        if Task.isCancelled { return context.clock() }
        context.metrics.callbackFailures.increment()
        let now = context.clock()
        let elapsed = max(0, now.milliseconds - callback.since.milliseconds)
        let delay = backoff.delayMilliseconds(
            afterAttempt: callback.attempt, elapsedMilliseconds: elapsed, random: Double.random(in: 0..<1))
        guard !isPermanent, let delay else {
            context.metrics.callbacksDropped.increment()
            context.logger.notice(
                "a callback failed and is not tried again",
                metadata: ["job": "\(callback.job)", "attempts": "\(callback.attempt)", "reason": "\(reason)"])
            return nil
        }
        return Timestamp(milliseconds: now.milliseconds + max(delay, Int64(retryAfter ?? 0) * 1000))
    }

    /// Cancels all deliveries and waits for their end. The next start of the server sends them again.
    func stop() async {
        isStopping = true
        alarm?.cancel()
        if isClaiming { await withCheckedContinuation { claimWaiters.append($0) } }
        for delivery in pending.values { delivery.task.cancel() }
        for delivery in pending.values { await delivery.task.value }
    }
}
