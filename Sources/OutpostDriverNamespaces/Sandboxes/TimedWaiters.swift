// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Callers that wait for one event with a time limit.
@Reactor
final class TimedWaiters {
    private var waiting: [UInt64: (waiter: CheckedContinuation<Bool, Never>, timer: Reactor.Timer)] = [:]
    private var nextID: UInt64 = 1

    nonisolated init() {}

    /// Waits for `end`.
    ///
    /// - Returns: false when the time limit came first.
    func wait(seconds: Int) async -> Bool {
        let id = nextID
        nextID += 1
        return await withCheckedContinuation { waiter in
            let timer = Reactor.schedule(afterNanoseconds: UInt64(seconds) * 1_000_000_000) { [weak self] in
                self?.waiting.removeValue(forKey: id)?.waiter.resume(returning: false)
            }
            waiting[id] = (waiter, timer)
        }
    }

    /// Reports the event to all callers.
    func end() {
        for (waiter, timer) in waiting.values {
            Reactor.cancel(timer)
            waiter.resume(returning: true)
        }
        waiting = [:]
    }
}
