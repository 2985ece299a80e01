// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The output of a process: the last part of each stream, for readers that come and go.
///
/// A process without readers never waits: its oldest output is dropped. A reader can hold the process up, and then it gets
/// every byte. A reader that does not hold it up can fall behind, and then misses what was dropped.
public final class ProcessOutput: ProgramOutput {
    /// What a reader gets next.
    public enum Next: Hashable, Sendable {
        /// The next part, and the bytes before it that were dropped.
        case part(OutputPart, dropped: Int)
        /// No more output comes.
        case end
        /// The time is over, or the calling task is cancelled.
        case nothing
    }

    /// Bytes that are kept of each stream.
    public static let keptBytes = 1 << 20
    /// The most bytes of memory that the kept output of one process takes: both streams, and the room in which arrays grow.
    public static let mostBytes = 4 * keptBytes
    /// Bytes that a reader that holds the process up can be behind before the process waits.
    static let mostBehind = 128 << 10
    /// The most bytes of one part.
    static let longestPart = 128 << 10

    private struct State {
        var tail = OutputTail(limit: keptBytes)
        /// The readers that hold the process up have positions in bytes of both streams.
        var pacing = OutputPacing<Int>()

        var isBehind: Bool {
            !pacing.isReleased && pacing.readers.values.contains { tail.total - $0 > mostBehind }
        }

        /// The position up to which no reader waits for output.
        var free: Int { pacing.readers.values.min() ?? .max }
    }

    private let state: Mutex<State>

    public init() { state = Mutex(State()) }

    /// Makes the output of a process of an earlier server, which has ended: of each stream its end, and the number of all
    /// bytes.
    public init(restoring outputs: [LiveOutput.Stream: CapturedOutput]) {
        var ended = State()
        ended.tail = OutputTail(limit: Self.keptBytes, restoring: outputs)
        _ = ended.pacing.begin()
        _ = ended.pacing.end()
        state = Mutex(ended)
    }

    // MARK: - The process

    public func start() {
        let action = state.withLock { $0.pacing.begin() }
        action?()
    }

    /// Calls `action` when the process has begun, or at once when it has.
    public func whenStarted(_ action: @escaping @Sendable () -> Void) {
        let action = state.withLock { $0.pacing.whenStarted(action) }
        action?()
    }

    public func append(
        _ bytes: ArraySlice<UInt8>, to stream: LiveOutput.Stream, in empty: OutputRecord,
        resume: @escaping @Sendable () -> Void
    ) -> Bool {
        let (action, change, mayGoOn) = state.withLock { state in
            let action = state.pacing.begin()
            state.tail.append(bytes, to: stream, keeping: state.free)
            let mayGoOn = state.pacing.goesOn(isBehind: state.isBehind, resume: resume)
            return (action, state.pacing.takeChange(), mayGoOn)
        }
        action?()
        change?.reach()
        return mayGoOn
    }

    public func hold() { change { $0.pacing.isReleased = false } }

    public func release() { change { $0.pacing.isReleased = true } }

    /// Ends both streams. Call it after the last `append`.
    public func end() {
        let change = state.withLock { $0.pacing.end() }
        change?.reach()
    }

    // MARK: - The kept output

    public func output(_ stream: LiveOutput.Stream) -> CapturedOutput { state.withLock { $0.tail.output(stream) } }

    /// Bytes of a stream so far, kept or not.
    public func total(_ stream: LiveOutput.Stream) -> Int { state.withLock { $0.tail.total(stream) } }

    /// Bytes of all kept output.
    public var keptBytes: Int { state.withLock { $0.tail.keptBytes } }

    /// Returns the kept output after a position, and the bytes after it that were dropped.
    public func kept(after position: Int) -> (parts: [OutputPart], dropped: Int, end: Int) {
        state.withLock { state in
            let start = min(position, state.tail.total)
            var (parts, at, kept) = ([OutputPart](), start, 0)
            while let part = state.tail.part(after: at, most: .max) {
                parts.append(part)
                at = part.end
                kept += part.bytes.count
            }
            return (parts, state.tail.total - start - kept, state.tail.total)
        }
    }

    // MARK: - Readers

    /// A reader, from `join` to `leave`.
    public struct Reader: Hashable, Sendable {
        /// The position of the reader at its start.
        public let start: Int
        fileprivate let number: Int
    }

    /// Adds a reader. `leave` removes it.
    ///
    /// - Parameters:
    ///   - position: the reader has the output up to here; 0 for none.
    ///   - holds: whether the process waits while the reader is far behind.
    public func join(after position: Int, holds: Bool) -> Reader {
        state.withLock { state in
            let start = min(position, state.tail.total)
            let number = state.pacing.makeReader()
            if holds { state.pacing.readers[number] = start }
            return Reader(start: start, number: number)
        }
    }

    /// Tells that the reader has the output up to a position.
    public func advance(_ reader: Reader, to position: Int) {
        change { state in
            if state.pacing.readers[reader.number] != nil { state.pacing.readers[reader.number] = position }
        }
    }

    /// Removes a reader. A second call has no effect.
    public func leave(_ reader: Reader) { change { $0.pacing.readers[reader.number] = nil } }

    private func change(_ body: (inout State) -> Void) {
        let resumptions = state.withLock { state -> [@Sendable () -> Void] in
            body(&state)
            state.tail.trim(keeping: state.free)
            return state.pacing.takeResumptions(isBehind: state.isBehind)
        }
        for resume in resumptions { resume() }
    }

    /// Returns the next part after a position as soon as there is one.
    ///
    /// - Parameter limit: the longest time to wait; nil for any time.
    public func next(after position: Int, within limit: Duration?) async -> Next {
        if let next = now(after: position) { return next }
        let change = state.withLock { state -> Milestone? in
            state.tail.total <= position && !state.pacing.isEnded ? state.pacing.nextChange() : nil
        }
        if let limit { await change?.wait(within: limit) } else { await change?.wait() }
        return Task.isCancelled ? .nothing : now(after: position) ?? .nothing
    }

    private func now(after position: Int) -> Next? {
        state.withLock { state in
            if let part = state.tail.part(after: position, most: Self.longestPart) {
                return .part(part, dropped: part.end - part.bytes.count - position)
            }
            return state.pacing.isEnded ? .end : nil
        }
    }
}
