// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A few threads for calls that block, such as file copies, so that they stall neither the reactor nor Swift's own pool,
/// which has only as many threads as there are cores.
public final class BlockingPool: Sendable {
    public static let shared = BlockingPool(limit: 4, idleMilliseconds: 1000)

    private struct State: ~Copyable {
        var waiting: [@Sendable () -> Void] = []
        var active = 0
        /// Threads that wait for something to do.
        var idle = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let idleMilliseconds: Int
    /// One for each thread that has been taken out of `idle`.
    private let calls = CallSemaphore()

    /// A pool of its own, for calls that may block for so long that they would keep those of others waiting.
    ///
    /// - Parameters:
    ///   - limit: the most threads at one time; there are none while there is nothing to do.
    ///   - idleMilliseconds: how long a thread waits for something to do before it ends.
    public init(limit: Int, idleMilliseconds: Int = 0) {
        self.limit = limit
        self.idleMilliseconds = idleMilliseconds
    }

    /// Runs `body` on a thread that may block, and answers its result.
    public func run<Success: Sendable>(
        _ body: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try await withCheckedThrowingContinuation { continuation in
            submit { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Runs `work` on a thread that may block, and does not wait for it.
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
            // Without another thread the work is done here, late rather than never.
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

    /// - Returns: whether there is something to do again; the thread ends otherwise.
    private func waitForCall() -> Bool {
        guard idleMilliseconds > 0 else { return false }
        if calls.wait(milliseconds: idleMilliseconds) { return true }
        let wasCalled = state.withLock { state in
            // Somebody has counted on this thread, or another of the same kind, in this very moment.
            if state.idle == 0 { return true }
            state.idle -= 1
            state.active -= 1
            return false
        }
        if wasCalled { calls.wait() }
        return wasCalled
    }
}
