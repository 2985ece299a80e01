// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// The last events of one sandbox, in memory. A reader that is too slow misses the oldest ones, which the numbers show.
final class SandboxEventLog: Sendable {
    /// Why an event happened. It takes little memory, because a server keeps many events.
    enum Reason: Sendable {
        case text(StaticString)
        case run(number: UInt64, ExecutionStatus)
    }

    private struct Entry {
        let kind: SandboxEvent.Kind
        let happenedAt: Timestamp
        let reason: Reason
    }

    private struct State {
        var entries: [Entry] = []
        /// The number of the last event.
        var last: UInt64 = 0
        var hasEnded = false
        /// What the readers wait for. Nil when none waits.
        var news: Milestone?
    }

    /// The next events for a reader.
    enum Next: Sendable {
        case events([SandboxEvent])
        /// Nothing for the whole time.
        case nothing
        /// No event comes after the last one.
        case end
    }

    /// The most events that are kept.
    static let capacity = 100

    private let clock: WallClock
    private let state = Mutex(State())

    init(clock: @escaping WallClock) { self.clock = clock }

    /// Adds an event. The events `deleted` and `expired` are the last.
    func add(_ kind: SandboxEvent.Kind, _ reason: Reason) {
        let entry = Entry(kind: kind, happenedAt: clock(), reason: reason)
        let news: Milestone? = state.withLock { state in
            guard !state.hasEnded else { return nil }
            if state.entries.count == Self.capacity { state.entries.removeFirst() }
            state.entries.append(entry)
            state.last += 1
            state.hasEnded = kind == .deleted || kind == .expired
            defer { state.news = nil }
            return state.news
        }
        news?.reach()
    }

    /// Ends the log without an event. The readers get what they have not read yet, and then the end.
    func close() {
        let news: Milestone? = state.withLock { state in
            state.hasEnded = true
            defer { state.news = nil }
            return state.news
        }
        news?.reach()
    }

    /// Adds the events of a run that has ended.
    func add(_ execution: Execution) {
        add(.run, .run(number: execution.id.number, execution.status))
        if execution.status == .outOfMemory { add(.outOfMemory, .run(number: execution.id.number, execution.status)) }
    }

    /// Returns the kept events after this number, the oldest first.
    func events(after number: UInt64 = 0) -> [SandboxEvent] { state.withLock { Self.events($0, after: number) } }

    private static func events(_ state: State, after number: UInt64) -> [SandboxEvent] {
        let first = state.last - UInt64(state.entries.count) + 1
        let start = max(first, number &+ 1)
        guard number < state.last else { return [] }
        return state.entries[Int(start - first)...].enumerated().map { offset, entry in
            SandboxEvent(
                number: start + UInt64(offset), kind: entry.kind, happenedAt: entry.happenedAt,
                reason: entry.reason.text)
        }
    }

    /// Waits for events after this number.
    func next(after number: UInt64, within limit: Duration) async -> Next {
        let (events, news): ([SandboxEvent], Milestone?) = state.withLock { state in
            let events = Self.events(state, after: number)
            guard events.isEmpty, !state.hasEnded else { return (events, nil) }
            let news = state.news ?? Milestone()
            state.news = news
            return (events, news)
        }
        guard let news else { return events.isEmpty ? .end : .events(events) }
        await news.wait(within: limit)
        let fresh = self.events(after: number)
        return fresh.isEmpty ? .nothing : .events(fresh)
    }
}

extension SandboxEventLog.Reason {
    fileprivate var text: String {
        switch self {
        case .text(let text): text.description
        case .run(let number, let status): "\(ExecutionID(number: number)) \(status.rawValue)"
        }
    }
}
