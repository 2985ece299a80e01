// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Owns background tasks. `cancel` and `wait` end them before the values that they use go away.
public final class TaskOwner: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isCancelled = false
    }

    private let state = Mutex(State())

    public init() {}

    /// Starts a task. After `cancel` the new task is cancelled from its start.
    public func run(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let number = state.next
            state.next += 1
            // Values of the calling task would stay in memory as long as this one.
            let task = Task.detached(priority: Task.currentPriority) { [self] in
                await body()
                forget(number)
            }
            if state.isCancelled { task.cancel() }
            state.tasks[number] = task
        }
    }

    private func forget(_ number: Int) { state.withLock { _ = $0.tasks.removeValue(forKey: number) } }

    /// Cancels all tasks, and all tasks that start later.
    public func cancel() {
        let tasks = state.withLock { state in
            state.isCancelled = true
            return state.tasks.values
        }
        for task in tasks { task.cancel() }
    }

    /// Waits until no task is left, with tasks that start during the wait.
    public func wait() async {
        while let task = state.withLock({ $0.tasks.values.first }) { await task.value }
    }
}
