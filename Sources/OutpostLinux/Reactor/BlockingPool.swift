// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A pool of threads for blocking calls, such as file copies. Such calls must not block the reactor or Swift's task pool,
/// which has one thread for each core.
public final class BlockingPool: Sendable {
    /// The pool for short blocking calls: at most 4 threads.
    public static let shared = BlockingPool(limit: 4, idleMilliseconds: 1000)

    private struct State: ~Copyable {
        var waiting: [@Sendable () -> Void] = []
        /// Threads that exist.
        var active = 0
        /// Threads that wait for work.
        var idle = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let idleMilliseconds: Int
    /// Has one signal for each thread that was subtracted from `idle`.
    private let calls = CallSemaphore()

    /// Makes a separate pool for long calls, which would delay the calls of the shared pool.
    ///
    /// - Parameters:
    ///   - limit: the most threads at one time. A pool without work has none.
    ///   - idleMilliseconds: how long a thread waits for work before it ends.
    public init(limit: Int, idleMilliseconds: Int = 0) {
        self.limit = limit
        self.idleMilliseconds = idleMilliseconds
    }

    /// Runs `body` on a thread of the pool and returns its result.
    public func run<Success: Sendable>(
        _ body: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            submit { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Runs `work` on a thread of the pool and does not wait for it.
    public func submit(_ work: @escaping @Sendable () -> Void) {
        let (mustWake, mustStart) = state.withLock { state in
            state.waiting.append(work)
            if state.idle > 0 {
                state.idle -= 1
                return (true, false)
            }
            guard state.active < limit else { return (false, false) }
            state.active += 1
            return (false, true)
        }
        if mustWake { calls.signal() }
        guard mustStart else { return }
        do {
            try ThreadBody { [self] in drain() }.startThread()
        } catch {
            // If no thread can be started, this thread does the work.
            drain()
        }
    }

    private func drain() {
        repeat {
            while let work = next() { work() }
        } while waitForCall()
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            if idleMilliseconds > 0 { state.idle += 1 } else { state.active -= 1 }
            return nil
        }
    }

    /// Waits for work.
    ///
    /// - Returns: whether there is work. If not, the thread must end.
    private func waitForCall() -> Bool {
        guard idleMilliseconds > 0 else { return false }
        if calls.wait(milliseconds: idleMilliseconds) { return true }
        let wasCalled = state.withLock { state in
            // A caller has just subtracted a thread from `idle`, and its signal comes.
            if state.idle == 0 { return true }
            state.idle -= 1
            state.active -= 1
            return false
        }
        if wasCalled { calls.wait() }
        return wasCalled
    }
}
