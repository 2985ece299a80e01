// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A few threads for calls that block, such as file copies, so that they stall neither the reactor nor Swift's own pool,
/// which has only as many threads as there are cores.
public final class BlockingPool: Sendable {
    public static let shared = BlockingPool(limit: 4)

    private struct State: ~Copyable {
        var waiting: [@Sendable () -> Void] = []
        var active = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// A pool of its own, for calls that may block for so long that they would keep those of others waiting.
    ///
    /// - Parameter limit: the most threads at one time; there are none while there is nothing to do.
    public init(limit: Int) { self.limit = limit }

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
        let mustStart = state.withLock { state in
            state.waiting.append(work)
            guard state.active < limit else { return false }
            state.active += 1
            return true
        }
        guard mustStart else { return }
        do {
            try ThreadBody { [self] in drain() }.startThread()
        } catch {
            // Without another thread the work is done here, late rather than never.
            drain()
        }
    }

    private func drain() {
        while let work = next() { work() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.active -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
