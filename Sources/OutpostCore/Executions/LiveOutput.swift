// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a program has written so far, for others to read while it runs.
public final class LiveOutput: Sendable {
    /// One of a program's two streams.
    public enum Stream: String, Sendable, CaseIterable {
        case stdout, stderr
    }

    private struct State {
        var records: [Stream: OutputRecord] = [:]
        var isEnded = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0

        /// What does not change any more: the start, and the end when nothing is added any more.
        func settled(_ stream: Stream) -> [UInt8] {
            guard let record = records[stream] else { return [] }
            return isEnded ? record.output.bytes : record.head
        }
    }

    private let state = Mutex(State())

    public init() {}

    /// Adds what a program wrote.
    ///
    /// - Parameter empty: what keeps it, when it is the stream's first.
    public func append(_ bytes: ArraySlice<UInt8>, to stream: Stream, in empty: OutputRecord) {
        let waiters = state.withLock { state in
            state.records[stream, default: empty].append(bytes)
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Nothing will be added any more.
    public func end() {
        let waiters = state.withLock { state in
            state.isEnded = true
            return Self.takeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func takeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        defer { state.waiters = [:] }
        return Array(state.waiters.values)
    }

    /// All of a stream so far.
    public func output(_ stream: Stream) -> CapturedOutput {
        state.withLock { $0.records[stream]?.output ?? CapturedOutput() }
    }

    /// What is kept of a stream from the byte `offset` on, as far as it can not change any more.
    public func part(of stream: Stream, from offset: Int) -> [UInt8] {
        state.withLock { Array($0.settled(stream).dropFirst(offset)) }
    }

    public var isEnded: Bool { state.withLock { $0.isEnded } }

    /// Returns when more is kept of one of the streams than the caller has, when nothing will be added any more, or when the
    /// calling task is cancelled.
    public func waitForMore(than read: [Stream: Int]) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    let hasMore = Stream.allCases.contains { state.settled($0).count > read[$0, default: 0] }
                    guard !hasMore, !state.isEnded, !Task.isCancelled else { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
