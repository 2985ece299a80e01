// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Those that wait for something for some time only.
@Reactor
final class TimedWaiters {
    private var waiting: [UInt64: (waiter: CheckedContinuation<Bool, Never>, timer: Reactor.Timer)] = [:]
    private var nextID: UInt64 = 1

    nonisolated init() {}

    /// - Returns: false when the time was up before `end`.
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

    /// What they wait for has happened.
    func end() {
        for (waiter, timer) in waiting.values {
            Reactor.cancel(timer)
            waiter.resume(returning: true)
        }
        waiting = [:]
    }
}
