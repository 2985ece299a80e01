// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A counter that threads wait for (sem_overview(7)).
public final class CallSemaphore: @unchecked Sendable {
    /// All calls on it are safe from any thread.
    private let semaphore: UnsafeMutablePointer<sem_t>

    public init() {
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Lets one who waits go on, now or later.
    public func signal() { sem_post(semaphore) }

    /// Waits for a signal.
    public func wait() {
        while sem_wait(semaphore) != 0 && errno == EINTR {}
    }

    /// Waits for a signal, about `milliseconds` at most.
    ///
    /// - Returns: whether there was one.
    func wait(milliseconds: Int) -> Bool {
        // The C library declares the wait by a monotonic clock for GNU programs only. When the clock is set meanwhile, a
        // wait is longer or shorter, and nothing else.
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
