// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The output of a program, for readers while the program runs.
public final class LiveOutput: Sendable {
    /// One of a program's two streams.
    public enum Stream: String, Sendable, CaseIterable {
        case stdout, stderr
    }

    private struct State {
        var records: [Stream: OutputRecord] = [:]
        var isEnded = false
        var memory: (any OutputMemory)?
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0

        /// The number of kept bytes that will not change: the start of the stream, and after `end` all of them.
        func finalCount(_ stream: Stream) -> Int {
            guard let record = records[stream] else { return 0 }
            return isEnded ? record.keptCount : record.head.count
        }
    }

    private let state = Mutex(State())

    public init() {}

    /// Keeps the count of this output's memory until the program has ended and the last reader is gone.
    public func keep(_ memory: any OutputMemory) { state.withLock { $0.memory = memory } }

    /// Adds bytes that the program wrote.
    ///
    /// - Parameter empty: the empty record that keeps the stream. Only the first call for a stream uses it.
    public func append(_ bytes: ArraySlice<UInt8>, to stream: Stream, in empty: OutputRecord) {
        let waiters = state.withLock { state in
            state.records[stream, default: empty].append(bytes)
            return Self.removeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends both streams. Call it after the last `append`.
    public func end() {
        let waiters = state.withLock { state in
            state.isEnded = true
            return Self.removeWaiters(&state)
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func removeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        defer { state.waiters = [:] }
        return Array(state.waiters.values)
    }

    /// The kept output of a stream so far.
    public func output(_ stream: Stream) -> CapturedOutput {
        state.withLock { $0.records[stream]?.output ?? CapturedOutput() }
    }

    /// The next kept bytes of a stream from `offset` on, at most `limit`. It leaves out bytes that may still change, so
    /// each byte is read once.
    public func part(of stream: Stream, from offset: Int, atMost limit: Int = .max) -> [UInt8] {
        state.withLock { state in
            let count = state.finalCount(stream) - offset
            return count > 0 ? state.records[stream]?.kept(from: offset, atMost: min(limit, count)) ?? [] : []
        }
    }

    /// The number of kept bytes of both streams.
    public var bytes: Int { state.withLock { $0.records.values.reduce(0) { $0 + $1.keptCount } } }

    /// Whether `end` was called.
    public var isEnded: Bool { state.withLock { $0.isEnded } }

    /// Waits until a stream has more bytes than `read` says, `end` is called, or the calling task is cancelled.
    ///
    /// - Parameter read: the number of bytes of each stream that the caller has read.
    public func waitForMore(than read: [Stream: Int]) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let canReturn = state.withLock { state in
                    let hasMore = Stream.allCases.contains { state.finalCount($0) > read[$0, default: 0] }
                    guard !hasMore, !state.isEnded, !Task.isCancelled else { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if canReturn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }
}
