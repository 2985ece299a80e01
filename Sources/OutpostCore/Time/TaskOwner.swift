// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Owns tasks whose end nobody else waits for, so that none of them outlives what it works on.
public final class TaskOwner: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isCancelled = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Starts a task. One that is started after `cancel` is cancelled from its first line on.
    public func run(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let number = state.next
            state.next += 1
            let task = Task {
                await body()
                forget(number)
            }
            if state.isCancelled { task.cancel() }
            state.tasks[number] = task
        }
    }

    private func forget(_ number: Int) { state.withLock { _ = $0.tasks.removeValue(forKey: number) } }

    /// Cancels what runs, and what is started from now on.
    public func cancel() {
        let tasks = state.withLock { state in
            state.isCancelled = true
            return state.tasks.values
        }
        for task in tasks { task.cancel() }
    }

    /// Returns when no task is left, those included that are started meanwhile.
    public func wait() async {
        while let task = state.withLock({ $0.tasks.values.first }) { await task.value }
    }
}
