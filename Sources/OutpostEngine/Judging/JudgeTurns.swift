// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Limits the judge tests of one namespace that run at one time to the number of the host's cores. A test that waits
/// for a core could exceed its wall time limit without using its processor time.
///
/// Each namespace has its own turns. The kernel divides the processor between namespaces, and tests that sleep must not
/// delay another namespace.
final class JudgeTurns: Sendable {
    private struct Line {
        var running = 0
        var waiting: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private struct State {
        var lines: [NamespaceName: Line] = [:]
        var nextTicket: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Creates the turns.
    ///
    /// - Parameter limit: the number of the host's cores.
    init(limit: Int) { self.limit = max(1, limit) }

    /// Returns the number of a namespace's tests that wait.
    func waiting(_ namespace: NamespaceName) -> Int { state.withLock { $0.lines[namespace]?.waiting.count ?? 0 } }

    /// Waits for a turn, in order of arrival. The caller must call `release` afterwards.
    ///
    /// - Returns: false when the task was cancelled first. Then there is no turn to release.
    func acquire(_ namespace: NamespaceName) async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let starts = state.withLock { state in
                    var line = state.lines[namespace] ?? Line()
                    defer { state.lines[namespace] = line }
                    guard line.running >= limit else {
                        line.running += 1
                        return true
                    }
                    line.waiting.append((ticket, continuation))
                    return false
                }
                if starts { return continuation.resume(returning: true) }
                // If the task was cancelled before this line, the handler found nothing to withdraw.
                if Task.isCancelled { withdraw(ticket, namespace) }
            }
        } onCancel: {
            withdraw(ticket, namespace)
        }
    }

    /// Ends a turn, and gives it to the next test that waits.
    func release(_ namespace: NamespaceName) {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard var line = state.lines[namespace] else { return nil }
            let next = line.waiting.isEmpty ? nil : line.waiting.removeFirst().continuation
            if next == nil { line.running -= 1 }
            state.lines[namespace] = line.running == 0 ? nil : line
            return next
        }
        next?.resume(returning: true)
    }

    private func withdraw(_ ticket: UInt64, _ namespace: NamespaceName) {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard let place = state.lines[namespace]?.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                return nil
            }
            return state.lines[namespace]?.waiting.remove(at: place).continuation
        }
        continuation?.resume(returning: false)
    }
}

/// The turn of one test.
final class JudgeTurn: Sendable {
    private let turns: JudgeTurns
    private let namespace: NamespaceName
    private let isHeld = Mutex(false)

    init(_ turns: JudgeTurns, _ namespace: NamespaceName) {
        self.turns = turns
        self.namespace = namespace
    }

    /// Waits for the turn. Returns at once when it already has one, and without a turn when the task is cancelled.
    func acquire() async {
        guard !isHeld.withLock({ $0 }) else { return }
        let isTurn = await turns.acquire(namespace)
        isHeld.withLock { $0 = isTurn }
    }

    /// Releases the turn, if there is one.
    func release() {
        let wasHeld = isHeld.withLock { isHeld in
            defer { isHeld = false }
            return isHeld
        }
        if wasHeld { turns.release(namespace) }
    }
}
