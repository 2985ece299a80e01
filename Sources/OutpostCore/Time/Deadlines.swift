// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Calls actions at deadlines. One sleeping task serves them all.
///
/// Most deadlines are cancelled: a reader waits at most 15 seconds for output, and gets it at once. A sleep for each wait
/// would leave its timer with the system until the 15 seconds are over.
public final class Deadlines: Sendable {
    private typealias Action = @Sendable () -> Void

    private struct State {
        var queue = Schedule<ContinuousClock.Instant, Action>()
        /// The task that sleeps until `wakes`. It goes on after the last action was cancelled.
        var sleeper: Task<Void, Never>?
        var wakes: ContinuousClock.Instant?
        /// The number of the sleeper. An earlier one does nothing.
        var sleepers = 0
    }

    /// The only one.
    public static let shared = Deadlines()

    private let state = Mutex(State())

    /// Calls `action` once, `limit` from now.
    ///
    /// - Returns: the number for `cancel`.
    public func call(after limit: Duration, _ action: @escaping @Sendable () -> Void) -> Int {
        let time = ContinuousClock.now + limit
        return state.withLock { state in
            if state.wakes.map({ time < $0 }) ?? true { sleep(until: time, &state) }
            return state.queue.add(at: time, action)
        }
    }

    /// Cancels a call. Does nothing after it.
    public func cancel(_ number: Int) { state.withLock { $0.queue.cancel(number) } }

    /// Whether a task sleeps for a deadline.
    var isSleeping: Bool { state.withLock { $0.wakes != nil } }

    private func sleep(until time: ContinuousClock.Instant, _ state: inout State) {
        state.sleeper?.cancel()
        state.sleepers += 1
        state.wakes = time
        state.sleeper = Task { [sleepers = state.sleepers] in
            do { try await Task.sleep(until: time, clock: .continuous) } catch { return }
            self.wake(sleepers)
        }
    }

    private func wake(_ sleeper: Int) {
        let now = ContinuousClock.now
        let due = state.withLock { state -> [Action] in
            guard state.sleepers == sleeper else { return [] }
            var due: [Action] = []
            while let action = state.queue.takeDue(at: now) { due.append(action) }
            (state.sleeper, state.wakes) = (nil, nil)
            if let next = state.queue.first { sleep(until: next, &state) }
            return due
        }
        for action in due { action() }
    }
}
