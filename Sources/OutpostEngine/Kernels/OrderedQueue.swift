// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// A queue between one writer and one reader, with a limit. The writer learns when it must wait.
final class OrderedQueue<Element: Sendable>: Sendable {
    /// What the reader gets next.
    enum Part {
        case elements([Element])
        /// No more elements come.
        case end
        /// The time is over, or the calling task is cancelled.
        case nothing
    }

    private struct State {
        var elements: [Element] = []
        var bytes = 0
        var isClosed = false
        var isUnlimited = false
        /// The next element or the end. Nil when the reader does not wait.
        var change: Milestone?
        var resumptions: [@Sendable () -> Void] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: the bytes above which the writer must wait.
    init(limit: Int) { self.limit = limit }

    /// Adds an element. After `close` it is dropped.
    ///
    /// - Parameter resume: called once, as soon as there is room, when the result is false.
    /// - Returns: whether the writer may go on.
    @discardableResult
    func put(_ element: Element, bytes: Int, resume: @escaping @Sendable () -> Void = {}) -> Bool {
        let (change, mayGoOn) = state.withLock { state -> (Milestone?, Bool) in
            guard !state.isClosed else { return (nil, true) }
            state.elements.append(element)
            state.bytes += bytes
            let mayGoOn = state.isUnlimited || state.bytes <= limit
            if !mayGoOn { state.resumptions.append(resume) }
            defer { state.change = nil }
            return (state.change, mayGoOn)
        }
        change?.reach()
        return mayGoOn
    }

    /// Adds an element, and waits until there is room for the next one.
    func send(_ element: Element, bytes: Int) async {
        let room = Milestone()
        if put(element, bytes: bytes, resume: { room.reach() }) { return }
        await room.wait()
    }

    /// Takes all elements, and waits for one if there is none.
    ///
    /// - Parameter endsWhenCancelled: whether the wait ends when the calling task is cancelled.
    func next(within limit: Duration? = nil, endsWhenCancelled: Bool = true) async -> Part {
        while true {
            let (part, resumptions, change) = state.withLock { state -> (Part?, [@Sendable () -> Void], Milestone) in
                let change = state.change ?? Milestone()
                if state.elements.isEmpty {
                    if !state.isClosed { state.change = change }
                    return (state.isClosed ? .end : nil, [], change)
                }
                defer { (state.elements, state.bytes, state.resumptions) = ([], 0, []) }
                return (.elements(state.elements), state.resumptions, change)
            }
            for resume in resumptions { resume() }
            if let part { return part }
            switch limit {
            case let limit?: await change.wait(within: limit)
            case nil where endsWhenCancelled: await change.wait()
            case nil: await change.waitInAnyCase()
            }
            if !change.isReached { return .nothing }
        }
    }

    /// Never makes the writer wait any more.
    func release() {
        let resumptions = state.withLock { state in
            state.isUnlimited = true
            defer { state.resumptions = [] }
            return state.resumptions
        }
        for resume in resumptions { resume() }
    }

    /// Ends the queue. The reader still gets what is in it.
    func close() {
        let change = state.withLock { state in
            state.isClosed = true
            defer { state.change = nil }
            return state.change
        }
        change?.reach()
        release()
    }
}
