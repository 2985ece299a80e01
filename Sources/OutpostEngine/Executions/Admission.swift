// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Bounds how many runs there are at one time, and closes the door when the server stops.
final class Admission: Sendable {
    private struct State {
        var running = 0
        var isDraining = false
        var idleWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let quotas: QuotaLedger
    private let state = Mutex(State())

    static let stopping = OutpostError(.unavailable, "the server is stopping", retryAfter: 5)

    init(quotas: QuotaLedger) { self.quotas = quotas }

    var running: Int { state.withLock { $0.running } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Takes a place; `leave` gives it back.
    ///
    /// - Parameter isQueued: whether it comes from the queue, which bounds its own runs: they take no place from the others.
    /// - Throws: `rate_limited` when the namespace has its part, `unavailable` when all places are taken: at once, since what
    ///   cannot start soon should be sent elsewhere.
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

/// The door that one run goes through when its turn has come.
struct RunAdmission: Sendable {
    let admission: Admission
    let namespace: NamespaceName
    /// Whether the run comes from the queue of jobs.
    let isQueued: Bool

    /// - Throws: as `Admission.enter`.
    func enter() throws(OutpostError) { try admission.enter(namespace, isQueued: isQueued) }

    func leave() { admission.leave(namespace, isQueued: isQueued) }
}
