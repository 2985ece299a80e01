// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Logging
import OutpostCallbacks
import OutpostCore
import OutpostStore

/// Sends the jobs that have ended to whoever asked for it: as long as it takes, an hour at most.
actor JobCallbacks {
    private let context: JobContext
    private let sender: CallbackSender
    private let backoff = CallbackBackoff()
    private var pending: [JobID: (namespace: NamespaceName, task: Task<Void, Never>)] = [:]
    private var alarm: Task<Void, Never>?
    private var isLooking = false
    private var mustLookAgain = false
    private var isStopping = false

    /// At one time.
    private static let maxDeliveries = 32
    /// Of one namespace: fewer than there are threads that look names up.
    private static let maxDeliveriesPerNamespace = 8
    /// How long a delivery may take until another may be tried: longer than any.
    private static let holdMilliseconds: Int64 = 60_000

    init(_ context: JobContext, _ sender: CallbackSender) {
        self.context = context
        self.sender = sender
    }

    /// There may be callbacks to send: sends those that are due, and sees to it that it is called for the next.
    func wake() async {
        mustLookAgain = true
        guard !isLooking else { return }
        isLooking = true
        defer { isLooking = false }
        while mustLookAgain, !isStopping {
            mustLookAgain = false
            let room = Self.maxDeliveries - pending.count
            guard room > 0 else { return }
            await look(room)
        }
    }

    private func look(_ room: Int) async {
        do throws(OutpostError) {
            let sending = Dictionary(pending.values.map { ($0.namespace, 1) }, uniquingKeysWith: +)
            let claim = CallbackClaim(
                limit: room, namespaceLimit: Self.maxDeliveriesPerNamespace, sending: sending,
                holdMilliseconds: Self.holdMilliseconds)
            let due = try await context.store.claimCallbacks(claim, at: context.clock())
            for callback in due where pending[callback.job] == nil {
                let task = Task { await delivered(callback.job, await deliver(callback)) }
                pending[callback.job] = (callback.namespace, task)
            }
            mustLookAgain = mustLookAgain || due.count == room
            if let next = try await context.store.nextCallback() { setAlarm(next) }
        } catch {
            context.logger.warning("callbacks cannot be sent", metadata: ["error": "\(error)"])
            setAlarm(context.clock().advanced(bySeconds: 5))
        }
    }

    /// A clock that is set does no more than delay a callback by a minute.
    private func setAlarm(_ next: Timestamp) {
        alarm?.cancel()
        let milliseconds = min(60_000, max(10, next.milliseconds - context.clock().milliseconds))
        alarm = Task {
            do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { return }
            await wake()
        }
    }

    private func delivered(_ id: JobID, _ next: Timestamp?) async {
        do throws(OutpostError) {
            try await context.store.rescheduleCallback(id, at: next)
        } catch {
            // It is due again when its time is over, and the receiver can tell by the delivery's id.
            context.logger.warning(
                "a callback's fate cannot be noted", metadata: ["job": "\(id)", "error": "\(error)"])
        }
        pending[id] = nil
        await wake()
    }

    /// When to try again, or nil for never.
    private func deliver(_ callback: DueCallback) async -> Timestamp? {
        let outcome: CallbackOutcome
        do throws(OutpostError) {
            guard let record = try await context.store.job(callback.job, in: callback.namespace) else { return nil }
            let body = context.words.callbackBody(try await context.results.job(record))
            let secret = try await context.store.callbackSecret(
                of: callback.namespace, fresh: CallbackSignature.newSecret(), replaces: false)
            outcome = await sender.send(
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
        context.metrics.callbackFailures.increment()
        let now = context.clock()
        let elapsed = max(0, now.milliseconds - callback.since.milliseconds)
        let delay = backoff.delayMilliseconds(
            afterAttempt: callback.attempt, elapsedMilliseconds: elapsed, random: Double.random(in: 0..<1))
        guard !isPermanent, let delay else {
            context.metrics.callbacksDropped.increment()
            context.logger.notice(
                "a callback was given up",
                metadata: ["job": "\(callback.job)", "attempts": "\(callback.attempt)", "reason": "\(reason)"])
            return nil
        }
        return Timestamp(milliseconds: now.milliseconds + max(delay, Int64(retryAfter ?? 0) * 1000))
    }

    /// Sends no more; what is under way ends within its time, or is sent again at the next start.
    func stop() async {
        isStopping = true
        alarm?.cancel()
        for delivery in pending.values { delivery.task.cancel() }
        for delivery in pending.values { await delivery.task.value }
    }
}
