// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The output of a program, for readers while the program runs.
///
/// It has two forms: the bytes that the result of the run will have, and the last part as numbered events. A reader that
/// holds the program up (`pace`) gets every event.
public final class LiveOutput: Sendable {
    /// One of a program's two streams.
    public enum Stream: String, Sendable, CaseIterable {
        case stdout, stderr
    }

    /// What a reader gets next.
    public enum Part: Hashable, Sendable {
        /// New events, in order. When the first one does not have the next number, the events between are dropped.
        case events([OutputEvent])
        /// No more events come.
        case end
        /// The time is over, or the calling task is cancelled.
        case nothing
    }

    /// Bytes that are kept as events.
    public static let keptBytes = 256 << 10
    /// Bytes that a reader that holds the program up can be behind before the program waits. Both streams can bring one
    /// more part after that.
    static let mostBehind = 128 << 10

    private struct Reader {
        /// The last event that it has.
        var number: UInt64
        /// Bytes in events up to this one.
        var bytes: Int
    }

    private struct State {
        var records: [Stream: OutputRecord] = [:]
        var feed = OutputFeed(limit: keptBytes)
        var pacing = OutputPacing<Reader>()
        var memory: (any OutputMemory)?

        /// Whether the program must wait for a reader.
        var isBehind: Bool {
            !pacing.isReleased && pacing.readers.values.contains { feed.total - $0.bytes > mostBehind }
        }

        /// Drops events that no reader waits for.
        mutating func trim() { feed.trim(upTo: pacing.readers.values.map(\.number).min() ?? .max) }
    }

    private let state = Mutex(State())

    public init() {}

    /// Keeps the count of this output's memory until the program has ended and the last reader is gone.
    public func keep(_ memory: any OutputMemory) { state.withLock { $0.memory = memory } }

    // MARK: - The program

    /// Tells that the program has begun. Only the first call counts. The first output counts as a call.
    public func start() {
        let action = state.withLock { $0.pacing.begin() }
        action?()
    }

    /// Calls `action` when the program has begun, or at once when it has.
    public func whenStarted(_ action: @escaping @Sendable () -> Void) {
        let action = state.withLock { $0.pacing.whenStarted(action) }
        action?()
    }

    /// Adds bytes that the program wrote.
    ///
    /// - Parameters:
    ///   - empty: the empty record that keeps the stream. Only the first call for a stream uses it.
    ///   - resume: called once, as soon as no reader is too far behind, when the result is false.
    /// - Returns: whether the stream may go on. If not, it must wait for `resume`.
    public func append(
        _ bytes: ArraySlice<UInt8>, to stream: Stream, in empty: OutputRecord,
        resume: @escaping @Sendable () -> Void = {}
    ) -> Bool {
        let (action, change, mayGoOn) = state.withLock { state in
            let (action, newest) = (state.pacing.begin(), state.feed.newest)
            state.records[stream, default: empty].append(bytes)
            state.feed.append(bytes, to: stream)
            state.trim()
            let mayGoOn = state.pacing.goesOn(isBehind: state.isBehind, resume: resume)
            // The start of a character is no event.
            return (action, state.feed.newest > newest ? state.pacing.takeChange() : nil, mayGoOn)
        }
        action?()
        change?.reach()
        return mayGoOn
    }

    /// Lets readers hold the program up, also after `release`. Call it before the program starts.
    public func hold() { change { $0.pacing.isReleased = false } }

    /// Lets the program go on without regard to its readers. They still get every event. Call it when the program has
    /// been stopped or has ended: only the rest in its pipes can follow, and nothing else must wait for slow readers.
    public func release() { change { $0.pacing.isReleased = true } }

    /// Ends both streams. Call it after the last `append`.
    public func end() {
        let change = state.withLock { state in
            if !state.pacing.isEnded { state.feed.finish() }
            return state.pacing.end()
        }
        change?.reach()
    }

    // MARK: - The kept output

    /// The kept output of a stream so far.
    public func output(_ stream: Stream) -> CapturedOutput {
        state.withLock { $0.records[stream]?.output ?? CapturedOutput() }
    }

    /// The number of kept bytes of both streams.
    public var bytes: Int { state.withLock { $0.records.values.reduce(0) { $0 + $1.keptCount } } }

    /// Bytes of a stream so far, kept or not.
    public func total(_ stream: Stream) -> Int { state.withLock { $0.records[stream]?.total ?? 0 } }

    /// Returns bytes `range` of a stream, as far as they are part of its kept start.
    public func head(of stream: Stream, _ range: Range<Int>) -> [UInt8] {
        state.withLock { state in
            guard let head = state.records[stream]?.head else { return [] }
            return Array(head[range.clamped(to: 0..<head.count)])
        }
    }

    /// Drops the kept output and leaves the events. Call it when the result of the run has the kept output.
    public func forgetKeptOutput() { state.withLock { $0.records = [:] } }

    /// Bytes of all kept events.
    public var eventBytes: Int { state.withLock { $0.feed.keptBytes } }

    /// Whether `end` was called.
    public var isEnded: Bool { state.withLock { $0.pacing.isEnded } }

    // MARK: - Readers

    /// A reader that holds the program up.
    public struct Pace: Hashable, Sendable {
        /// The last event that the reader had at its start.
        public let start: UInt64
        fileprivate let number: Int
    }

    /// Lets a reader hold the program up from now on: the program waits while the reader is far behind. `leave` ends it.
    ///
    /// - Parameter number: the last event that the reader has; 0 for none. A number that no event has yet counts as that
    ///   of the newest event.
    public func pace(after number: UInt64) -> Pace {
        state.withLock { state in
            let number = min(number, state.feed.newest)
            let reader = state.pacing.makeReader()
            state.pacing.readers[reader] = Reader(number: number, bytes: state.feed.bytes(upTo: number))
            return Pace(start: number, number: reader)
        }
    }

    /// Tells that the reader has all events up to `event`.
    public func advance(_ pace: Pace, to event: OutputEvent) {
        change { state in
            guard let reader = state.pacing.readers[pace.number], reader.number < event.number else { return }
            state.pacing.readers[pace.number] = Reader(
                number: event.number, bytes: state.feed.bytes(upTo: event.number))
        }
    }

    /// Ends a pace. A second call has no effect.
    public func leave(_ pace: Pace) { change { $0.pacing.readers[pace.number] = nil } }

    private func change(_ body: (inout State) -> Void) {
        let resumptions = state.withLock { state -> [@Sendable () -> Void] in
            body(&state)
            state.trim()
            return state.pacing.takeResumptions(isBehind: state.isBehind)
        }
        for resume in resumptions { resume() }
    }

    /// Returns the events after the event with this number as soon as there is one.
    ///
    /// - Parameter limit: the longest time to wait.
    public func next(after number: UInt64, within limit: Duration) async -> Part {
        if let part = part(after: number) { return part }
        let change = state.withLock { state -> Milestone? in
            state.feed.newest <= number && !state.pacing.isEnded ? state.pacing.nextChange() : nil
        }
        await change?.wait(within: limit)
        return Task.isCancelled ? .nothing : part(after: number) ?? .nothing
    }

    private func part(after number: UInt64) -> Part? {
        state.withLock { state in
            let events = state.feed.events(after: number)
            if !events.isEmpty { return .events(Array(events)) }
            return state.pacing.isEnded ? .end : nil
        }
    }
}
