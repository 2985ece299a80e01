// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Synchronization

/// How many jobs a worker may still claim, and whether there is anything to claim. Submissions ask without a wait.
final class WorkerCapacity: Sendable {
    private struct State {
        var free: Int
        var lastNamespace: NamespaceName?
        var pausedUntil = ContinuousClock.now
        var isStopping = false
        /// Jobs that came and that nobody here has claimed.
        var arrivals = 0
        /// Nothing waited when the worker asked last, and nothing that it knows of has come since.
        var isQueueEmpty = false
    }

    private let state: Mutex<State>
    private let claim: JobClaim

    /// - Parameter claim: what the worker asks for, when there is room for all of `claim.limit`.
    init(_ claim: JobClaim) {
        state = Mutex(State(free: claim.limit))
        self.claim = claim
    }

    /// Keeps room for up to `most` jobs; what is not used of it is to be given back.
    ///
    /// - Returns: nil when there is no room, or when the worker takes no jobs now.
    func reserve(_ most: Int) -> JobClaim? {
        state.withLock { state in
            let room = min(most, state.free)
            guard room > 0, !state.isStopping, ContinuousClock.now >= state.pausedUntil else { return nil }
            state.free -= room
            var claim = claim
            claim.limit = room
            claim.after = state.lastNamespace
            return claim
        }
    }

    func release(_ count: Int) { state.withLock { $0.free += count } }

    /// Says whose turn the last one was.
    func recordTurn(of namespace: NamespaceName) { state.withLock { $0.lastNamespace = namespace } }

    /// Says that a job waits which has not been claimed.
    ///
    /// - Returns: whether there is room for it.
    func recordArrival() -> Bool {
        state.withLock { state in
            state.arrivals += 1
            state.isQueueEmpty = false
            return state.free > 0
        }
    }

    /// Counts what has arrived.
    var arrivals: Int { state.withLock { $0.arrivals } }

    /// Says that a claim got less than it asked for. It counts if nothing has arrived since there were `arrivals`.
    func recordEmptyQueue(since arrivals: Int) {
        state.withLock { if $0.arrivals == arrivals { $0.isQueueEmpty = true } }
    }

    var isQueueEmpty: Bool { state.withLock { $0.isQueueEmpty } }

    func pause(until moment: ContinuousClock.Instant) { state.withLock { $0.pausedUntil = moment } }

    func stop() { state.withLock { $0.isStopping = true } }

    var isStopping: Bool { state.withLock { $0.isStopping } }
}
