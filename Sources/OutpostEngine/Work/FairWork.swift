// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// Computations on what clients send, which may be large: on threads of their own, a few at one time, from one namespace
/// after another. On the threads that all calls share, a few large bodies would hold up every answer.
public final class FairWork: Sendable {
    private struct State {
        var waiting: [NamespaceName: [@Sendable () -> Void]] = [:]
        /// The namespaces that have something waiting, the one whose turn is next at the front.
        var order: [NamespaceName] = []
        var active = 0
    }

    /// Bytes up to which a computation is done where it comes up: handing it over would take longer.
    public static let smallBytes = 64 << 10

    private let limit: Int
    private let start: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: how many there are at one time.
    ///   - start: runs what it gets on a thread that nobody else waits for.
    public init(limit: Int, start: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.limit = limit
        self.start = start
    }

    /// Computations that have not begun.
    var waitingCount: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

    /// Runs `body`, here when it is about few bytes, else when the namespace's turn comes.
    public func run<Success: Sendable>(
        bytes: Int, for namespace: NamespaceName, _ body: @escaping @Sendable () throws(OutpostError) -> Success
    ) async throws(OutpostError) -> Success {
        guard bytes > Self.smallBytes else { return try body() }
        let result: Result<Success, OutpostError> = await withCheckedContinuation { continuation in
            submit(namespace) {
                do throws(OutpostError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    private func submit(_ namespace: NamespaceName, _ work: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            if state.waiting[namespace] == nil { state.order.append(namespace) }
            state.waiting[namespace, default: []].append(work)
            guard state.active < limit else { return false }
            state.active += 1
            return true
        }
        if mustStart { start { self.drain() } }
    }

    private func drain() {
        while let work = next() { work() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard !state.order.isEmpty else {
                state.active -= 1
                return nil
            }
            let namespace = state.order.removeFirst()
            var list = state.waiting.removeValue(forKey: namespace) ?? []
            let work = list.removeFirst()
            if !list.isEmpty {
                state.waiting[namespace] = list
                state.order.append(namespace)
            }
            return work
        }
    }
}
