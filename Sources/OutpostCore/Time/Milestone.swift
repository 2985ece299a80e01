// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A moment that comes at most once, and that any number of tasks can wait for.
public final class Milestone: Sendable {
    private struct State {
        var isReached = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
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
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until the moment has come or the calling task is cancelled.
    public func wait() async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let canReturn = state.withLock { state in
                    if state.isReached || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if canReturn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    /// Waits as `wait`, and not longer than `limit`.
    public func wait(within limit: Duration) async {
        if isReached { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask {
                // The sleep is cancelled when the moment comes in time.
                try? await Task.sleep(for: limit)
            }
            await group.next()
            group.cancelAll()
        }
    }
}
