// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A counting semaphore for threads (sem_overview(7)).
public final class CallSemaphore: @unchecked Sendable {
    /// All calls on a semaphore are safe from any thread.
    private let semaphore: UnsafeMutablePointer<sem_t>

    /// A semaphore without signals.
    public init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Ends one wait, a current or a later one.
    public func signal() { sem_post(semaphore) }

    /// Waits for a signal. Blocks the thread.
    public func wait() {
        while sem_wait(semaphore) != 0 && errno == EINTR {}
    }

    /// Waits for a signal, about `milliseconds` at most.
    ///
    /// - Returns: whether there was one.
    func wait(milliseconds: Int) -> Bool {
        // Swift's Glibc module lacks sem_clockwait, so the deadline is on the wall clock. If that clock is set meanwhile, only
        // the length of the wait changes.
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        let nanoseconds = deadline.tv_nsec + milliseconds * 1_000_000
        deadline = timespec(tv_sec: deadline.tv_sec + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        while sem_timedwait(semaphore, &deadline) != 0 {
            if errno != EINTR { return false }
        }
        return true
    }
}
