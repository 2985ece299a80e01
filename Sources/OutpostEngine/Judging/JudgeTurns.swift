// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Lets no more of a namespace's tests run at one time than the host has cores: one that waits for a core meets its limit of
/// wall time without having had its time. Each namespace has turns of its own, since between them the kernel divides the
/// processor, and tests that sleep must hold up nobody else's.
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

    /// - Parameter limit: the host's cores.
    init(limit: Int) { self.limit = max(1, limit) }

    /// Tests that wait in a namespace.
    func waiting(_ namespace: NamespaceName) -> Int { state.withLock { $0.lines[namespace]?.waiting.count ?? 0 } }

    /// Waits for a turn, in order of arrival. `give` ends it.
    ///
    /// - Returns: false when the task was cancelled before its turn came: there is nothing to give back.
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
                // The handler may have come before there was anything to withdraw.
                if Task.isCancelled { withdraw(ticket, namespace) }
            }
        } onCancel: {
            withdraw(ticket, namespace)
        }
    }

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

/// One test's turn.
final class JudgeTurn: Sendable {
    private let turns: JudgeTurns
    private let namespace: NamespaceName
    private let isHeld = Mutex(false)

    init(_ turns: JudgeTurns, _ namespace: NamespaceName) {
        self.turns = turns
        self.namespace = namespace
    }

    /// Returns at once when it is taken already, and without a turn when the task is cancelled: what follows then ends by
    /// itself.
    func acquire() async {
        guard !isHeld.withLock({ $0 }) else { return }
        let isTurn = await turns.acquire(namespace)
        isHeld.withLock { $0 = isTurn }
    }

    /// Gives the turn back, if it was taken.
    func release() {
        let wasHeld = isHeld.withLock { isHeld in
            defer { isHeld = false }
            return isHeld
        }
        if wasHeld { turns.release(namespace) }
    }
}
