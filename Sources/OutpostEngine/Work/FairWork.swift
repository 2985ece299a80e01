// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// Runs computations on large request bodies on separate threads, a few at one time, and takes turns between
/// namespaces. On the task pool a few large bodies would delay every answer.
public final class FairWork: Sendable {
    private struct Item {
        let work: @Sendable () -> Void
        /// Called instead of `work` when the item is refused.
        let refuse: @Sendable (OutpostError) -> Void
    }

    private struct State {
        var waiting: [NamespaceName: [Item]] = [:]
        /// The namespaces with waiting items. The next one is first.
        var order: [NamespaceName] = []
        var active = 0
        var isClosed = false
    }

    /// Largest body, in bytes, for which the computation runs in the calling task. A change of threads would take
    /// longer.
    public static let smallBytes = 64 << 10
    /// Maximum number of waiting computations of one namespace.
    static let mostWaiting = 64

    private let limit: Int
    private let start: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let state = Mutex(State())

    /// Creates the queue.
    ///
    /// - Parameters:
    ///   - limit: maximum number of computations at one time.
    ///   - start: runs a closure on a thread that may be busy for a long time.
    public init(limit: Int, start: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.limit = limit
        self.start = start
    }

    /// The number of waiting computations.
    var waitingCount: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

    /// Runs `body`: at once for few bytes, otherwise when the namespace's turn comes.
    ///
    /// - Throws: the error of `body`; `rate_limited` when the namespace has too many waiting computations;
    ///   `unavailable` when the server stops first.
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

    /// Refuses all waiting and all later computations.
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
