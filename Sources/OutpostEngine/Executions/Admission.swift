// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Limits the number of runs at one time, and refuses all runs when the server stops.
final class Admission: Sendable {
    private struct State {
        var running = 0
        var isDraining = false
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let quotas: QuotaLedger
    private let state = Mutex(State())

    /// The error for every request that arrives while the server stops.
    static let stopping = OutpostError(.unavailable, "the server is stopping", retryAfter: 5)

    init(quotas: QuotaLedger) { self.quotas = quotas }

    /// The number of runs in progress.
    var running: Int { state.withLock { $0.running } }

    /// Whether new runs are refused.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Admits a run. The caller must call `leave` at its end.
    ///
    /// - Parameter isQueued: whether the run comes from the job queue. The queue limits its own runs, so these do not
    ///   use the quota.
    /// - Throws: at once, without waiting: `rate_limited` when the namespace has used up its share, `unavailable` when
    ///   the server is full or stops.
    func enter(_ namespace: NamespaceName, isQueued: Bool) throws(OutpostError) {
        if !isQueued { try quotas.take(.concurrentRuns, in: namespace) }
        let isRefused = state.withLock { state in
            if !state.isDraining { state.running += 1 }
            return state.isDraining
        }
        guard isRefused else { return }
        if !isQueued { quotas.give(.concurrentRuns, in: namespace) }
        throw Self.stopping
    }

    /// Ends a run, and wakes `waitUntilIdle` when it was the last one.
    func leave(_ namespace: NamespaceName, isQueued: Bool) {
        if !isQueued { quotas.give(.concurrentRuns, in: namespace) }
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.running -= 1
            guard state.running == 0 else { return [] }
            defer { state.idleWaiters = [] }
            return state.idleWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Refuses all runs from now on.
    func close() { state.withLock { $0.isDraining = true } }

    /// Returns when no run is in progress.
    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.running > 0 { state.idleWaiters.append(continuation) }
                return state.running == 0
            }
            if isIdle { continuation.resume() }
        }
    }
}

/// The admission of one run, which happens when its turn in its sandbox comes.
struct RunAdmission: Sendable {
    let admission: Admission
    let namespace: NamespaceName
    /// Whether the run comes from the job queue.
    let isQueued: Bool

    /// - Throws: as `Admission.enter`.
    func enter() throws(OutpostError) { try admission.enter(namespace, isQueued: isQueued) }

    func leave() { admission.leave(namespace, isQueued: isQueued) }
}
