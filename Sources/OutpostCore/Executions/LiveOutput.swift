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
        var streams: [Stream: CapturedOutput] = [:]
        var isEnded = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0

        func kept(_ stream: Stream) -> Int { streams[stream]?.bytes.count ?? 0 }
    }

    private let state = Mutex(State())

    public init() {}

    /// Adds what a program wrote: keeps as much as `limit` bytes of the stream allow, counts the rest.
    public func append(_ bytes: ArraySlice<UInt8>, to stream: Stream, limit: Int) {
        let waiters = state.withLock { state in
            let room = max(0, limit - state.kept(stream))
            state.streams[stream, default: CapturedOutput()].bytes += bytes.prefix(room)
            state.streams[stream, default: CapturedOutput()].total += bytes.count
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
        state.withLock { $0.streams[stream] ?? CapturedOutput() }
    }

    /// What is kept of a stream from the byte `offset` on.
    public func part(of stream: Stream, from offset: Int) -> [UInt8] {
        state.withLock { Array($0.streams[stream]?.bytes.dropFirst(offset) ?? []) }
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
                    let hasMore = Stream.allCases.contains { state.kept($0) > read[$0, default: 0] }
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
