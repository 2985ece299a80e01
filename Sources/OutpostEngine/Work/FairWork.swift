// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// Computations on what clients send, which may be large: on threads of their own, a few at one time, from one namespace
/// after another. On the threads that all calls share, a few large bodies would hold up every answer.
public final class FairWork: Sendable {
    private struct Item {
        let work: @Sendable () -> Void
        /// Called instead of `work`.
        let refuse: @Sendable (OutpostError) -> Void
    }

    private struct State {
        var waiting: [NamespaceName: [Item]] = [:]
        /// The namespaces that have something waiting, the one whose turn is next at the front.
        var order: [NamespaceName] = []
        var active = 0
        var isClosed = false
    }

    /// Bytes up to which a computation is done where it comes up: handing it over would take longer.
    public static let smallBytes = 64 << 10
    /// Computations of one namespace that may wait.
    static let mostWaiting = 64

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
    ///
    /// - Throws: what `body` throws; `rate_limited` when the namespace has too many waiting, `unavailable` when the server
    ///   stops first.
    public func run<Success: Sendable>(
        bytes: Int, for namespace: NamespaceName, _ body: @escaping @Sendable () throws(OutpostError) -> Success
    ) async throws(OutpostError) -> Success {
        guard bytes > Self.smallBytes else { return try body() }
        let result: Result<Success, OutpostError> = await withCheckedContinuation { continuation in
            let item = Item {
                do throws(OutpostError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            } refuse: {
                continuation.resume(returning: .failure($0))
            }
            submit(item, namespace)
        }
        return try result.get()
    }

    /// Begins nothing more: what waits is refused, and what comes.
    func close() {
        let refused = state.withLock { state in
            defer { (state.waiting, state.order) = ([:], []) }
            state.isClosed = true
            return state.waiting.values.flatMap(\.self)
        }
        for item in refused { item.refuse(Admission.stopping) }
    }

    private enum Outcome {
        case waits
        case starts
        case refused(OutpostError)
    }

    private func submit(_ item: Item, _ namespace: NamespaceName) {
        switch state.withLock({ enqueue(item, namespace, in: &$0) }) {
        case .waits: break
        case .starts: start { self.drain() }
        case .refused(let error): item.refuse(error)
        }
    }

    private func enqueue(_ item: Item, _ namespace: NamespaceName, in state: inout State) -> Outcome {
        if state.isClosed { return .refused(Admission.stopping) }
        let waiting = state.waiting[namespace]?.count ?? 0
        guard waiting < Self.mostWaiting else {
            return .refused(
                OutpostError(
                    .rateLimited,
                    "\(waiting) large requests of the namespace \(namespace) already wait, which is the limit",
                    retryAfter: 1))
        }
        if waiting == 0 { state.order.append(namespace) }
        state.waiting[namespace, default: []].append(item)
        guard state.active < limit else { return .waits }
        state.active += 1
        return .starts
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
            let work = list.removeFirst().work
            if !list.isEmpty {
                state.waiting[namespace] = list
                state.order.append(namespace)
            }
            return work
        }
    }
}
