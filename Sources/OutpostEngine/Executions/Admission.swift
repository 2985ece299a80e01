// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Bounds how many runs there are at one time, and closes the door when the server stops.
final class Admission: Sendable {
    private struct State {
        var running = 0
        /// Of these, those that come from the queue.
        var queued = 0
        var isDraining = false
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    static let stopping = OutpostError(.unavailable, "the server is stopping", retryAfter: 5)

    init(limit: Int) { self.limit = limit }

    var running: Int { state.withLock { $0.running } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Takes a place; `leave` gives it back.
    ///
    /// - Parameter isQueued: whether it comes from the queue, which bounds its own runs: they take no place from the others.
    /// - Throws: `unavailable`, at once: what cannot start soon should be sent elsewhere.
    func enter(isQueued: Bool = false) throws(OutpostError) {
        let refusal: OutpostError? = state.withLock { state in
            if state.isDraining { return Self.stopping }
            guard isQueued || state.running - state.queued < limit else {
                return OutpostError(.unavailable, "\(limit) runs are in progress, which is the limit", retryAfter: 1)
            }
            state.running += 1
            if isQueued { state.queued += 1 }
            return nil
        }
        if let refusal { throw refusal }
    }

    func leave(isQueued: Bool = false) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.running -= 1
            if isQueued { state.queued -= 1 }
            guard state.running == 0 else { return [] }
            defer { state.idleWaiters = [] }
            return state.idleWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets nobody in any more.
    func close() { state.withLock { $0.isDraining = true } }

    /// Returns when nothing runs.
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
