// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A moment that comes at most once, and that any number of tasks can wait for.
public final class Milestone: Sendable {
    private struct State {
        var isReached = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// The waits whose time was over before they began.
        var overdue: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    public init() {}

    /// Whether the moment has come.
    public var isReached: Bool { state.withLock { $0.isReached } }

    /// Wakes all waiting tasks. A second call has no effect.
    public func reach() {
        let waiters = state.withLock { state in
            state.isReached = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Waits until the moment has come or the calling task is cancelled.
    public func wait() async { await wait(makeNumber()) }

    /// Waits as `wait`, and not longer than `limit`.
    public func wait(within limit: Duration) async {
        if isReached { return }
        let number = makeNumber()
        let deadline = Deadlines.shared.call(after: limit) { [weak self] in self?.end(number) }
        await wait(number)
        Deadlines.shared.cancel(deadline)
        // The time may have been over in the moment in which the wait ended.
        state.withLock { _ = $0.overdue.remove(number) }
    }

    /// Waits until the moment has come, also when the calling task is cancelled.
    public func waitInAnyCase() async {
        let number = makeNumber()
        await withCheckedContinuation { continuation in
            let canReturn = state.withLock { state in
                if !state.isReached { state.waiters[number] = continuation }
                return state.isReached
            }
            if canReturn { continuation.resume() }
        }
    }

    private func makeNumber() -> Int {
        state.withLock { state in
            state.next += 1
            return state.next
        }
    }

    private func wait(_ number: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let canReturn = state.withLock { state in
                    if state.isReached || Task.isCancelled || state.overdue.contains(number) { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if canReturn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    /// Ends a wait whose time is over.
    private func end(_ number: Int) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let waiter = state.waiters.removeValue(forKey: number) { return waiter }
            state.overdue.insert(number)
            return nil
        }
        waiter?.resume()
    }
}
