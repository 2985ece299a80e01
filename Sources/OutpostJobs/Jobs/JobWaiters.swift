// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// The callers that wait for a change of a job.
final class JobWaiters: Sendable {
    private typealias Waiter = AsyncStream<Job>.Continuation

    private struct State {
        var waiters: [JobID: [Int: Waiter]] = [:]
        var next = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// The number of waiting callers.
    var count: Int { state.withLock { state in state.waiters.values.reduce(0) { $0 + $1.count } } }

    /// Waits until the job changes, `deadline` passes, the task is cancelled or the server stops.
    ///
    /// - Parameter check: returns whether to wait at all. A change after its call is never missed.
    /// - Returns: the job when it has ended on this server during the wait; otherwise nil.
    /// - Throws: the error of `check`.
    @discardableResult
    func wait(
        for id: JobID, until deadline: ContinuousClock.Instant,
        while check: () async throws(OutpostError) -> Bool
    ) async throws(OutpostError) -> Job? {
        let (stream, waiter) = AsyncStream<Job>.makeStream()
        let number = add(waiter, id)
        defer { remove(id, number) }
        guard try await check() else { return nil }
        let timer = Task {
            // The wait may end before the deadline. It then cancels the timer.
            try? await Task.sleep(until: deadline)
            waiter.finish()
        }
        defer { timer.cancel() }
        for await job in stream { return job }
        return nil
    }

    private func add(_ waiter: Waiter, _ id: JobID) -> Int {
        state.withLock { state in
            if state.isClosed { waiter.finish() }
            state.next += 1
            state.waiters[id, default: [:]][state.next] = waiter
            return state.next
        }
    }

    private func remove(_ id: JobID, _ number: Int) {
        state.withLock { state in
            state.waiters[id]?[number] = nil
            if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
        }
    }

    /// Wakes the callers that wait for the job. Call it after a change.
    func changed(_ id: JobID) {
        for waiter in waiters(for: id) { waiter.finish() }
    }

    /// Wakes the callers that wait for the job and gives them its final state. Call it when the store has the end.
    func ended(_ job: Job) {
        for waiter in waiters(for: job.id) {
            waiter.yield(job)
            waiter.finish()
        }
    }

    private func waiters(for id: JobID) -> [Waiter] { state.withLock { Array(($0.waiters[id] ?? [:]).values) } }

    /// Wakes all callers. Later waits return at once.
    func close() {
        let all = state.withLock { state in
            state.isClosed = true
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in all { waiter.finish() }
    }
}
