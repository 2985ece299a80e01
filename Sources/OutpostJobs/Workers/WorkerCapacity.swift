// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Synchronization

/// The free places of this server's workers, and whether the queue is known to be empty. A submission asks it without a
/// wait for the actor.
final class WorkerCapacity: Sendable {
    private struct State {
        var free: Int
        /// The namespace of the last claimed job.
        var lastNamespace: NamespaceName?
        var pausedUntil = ContinuousClock.now
        var isStopping = false
        /// The calls of `recordArrival` so far.
        var arrivals = 0
        /// Whether the last claim emptied the queue and no job has arrived since.
        var isQueueEmpty = false
    }

    private let state: Mutex<State>
    private let claim: JobClaim

    /// - Parameter claim: the claim for all places. `claim.limit` is their number.
    init(_ claim: JobClaim) {
        state = Mutex(State(free: claim.limit))
        self.claim = claim
    }

    /// Reserves up to `limit` places. `release` frees them.
    ///
    /// - Returns: a claim for as many jobs as it has reserved places; nil when no place is free, during a pause and after
    ///   `stop`.
    func reserve(_ limit: Int) -> JobClaim? {
        state.withLock { state in
            let count = min(limit, state.free)
            guard count > 0, !state.isStopping, ContinuousClock.now >= state.pausedUntil else { return nil }
            state.free -= count
            var claim = claim
            claim.limit = count
            claim.after = state.lastNamespace
            return claim
        }
    }

    func release(_ count: Int) { state.withLock { $0.free += count } }

    /// Records the namespace of the last claimed job.
    func recordTurn(of namespace: NamespaceName) { state.withLock { $0.lastNamespace = namespace } }

    /// Records that the queue may have a job that is not claimed.
    ///
    /// - Returns: whether a place is free for it.
    func recordArrival() -> Bool {
        state.withLock { state in
            state.arrivals += 1
            state.isQueueEmpty = false
            return state.free > 0
        }
    }

    /// The number of arrivals so far.
    var arrivals: Int { state.withLock { $0.arrivals } }

    /// Records that a claim got fewer jobs than it asked for. Does nothing when `arrivals` has changed since the claim
    /// began.
    func recordEmptyQueue(since arrivals: Int) {
        state.withLock { if $0.arrivals == arrivals { $0.isQueueEmpty = true } }
    }

    var isQueueEmpty: Bool { state.withLock { $0.isQueueEmpty } }

    func pause(until moment: ContinuousClock.Instant) { state.withLock { $0.pausedUntil = moment } }

    func stop() { state.withLock { $0.isStopping = true } }

    var isStopping: Bool { state.withLock { $0.isStopping } }
}
