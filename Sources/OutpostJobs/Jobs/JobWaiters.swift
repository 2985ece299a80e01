// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Who waits for something to happen to a job.
final class JobWaiters: Sendable {
    private typealias Waiter = AsyncStream<Job>.Continuation

    private struct State {
        var waiters: [JobID: [Int: Waiter]] = [:]
        var next = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// How many wait.
    var count: Int { state.withLock { state in state.waiters.values.reduce(0) { $0 + $1.count } } }

    /// Returns when the job changes after `check` was called, when the time is up, when the task is cancelled or when the
    /// server stops.
    ///
    /// - Parameter check: whether there is still something to wait for; a change from here on is not missed.
    /// - Returns: the job, when it has ended here meanwhile.
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
            // Cancelled when the wait is over before the time is up.
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

    /// Something happened to the job.
    func changed(_ id: JobID) {
        for waiter in waiters(for: id) { waiter.finish() }
    }

    /// The job has ended, as everybody can see.
    func ended(_ job: Job) {
        for waiter in waiters(for: job.id) {
            waiter.yield(job)
            waiter.finish()
        }
    }

    private func waiters(for id: JobID) -> [Waiter] { state.withLock { Array(($0.waiters[id] ?? [:]).values) } }

    /// Nobody is to wait any more.
    func close() {
        let all = state.withLock { state in
            state.isClosed = true
            return state.waiters.values.flatMap(\.values)
        }
        for waiter in all { waiter.finish() }
    }
}
