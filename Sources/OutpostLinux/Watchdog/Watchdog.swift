// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Synchronization

/// A thread that asks the parts of the server for a sign of life once a second, and ends the process when one of them has
/// stood still for half a minute: whoever watches over the process then starts it again. Nothing that it asks can hold it
/// up, since it waits for no answer.
public final class Watchdog: Sendable {
    /// Where a part of the server does its work.
    public enum Place: Sendable {
        /// In one thread, which its answers come from.
        case thread
        /// In any of this process's threads.
        case threads
        /// In another process.
        case process
    }

    /// A part of the server that must never stand still.
    public struct Subject: Sendable {
        /// In a few words, for the log and `/readyz`.
        public let name: String
        let place: Place
        /// Starts something that calls the closure it is given, once. Must not block.
        let ask: @Sendable (@escaping @Sendable () -> Void) -> Void

        public init(
            _ name: String, in place: Place, ask: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
        ) {
            self.name = name
            self.place = place
            self.ask = ask
        }
    }

    /// What the watchdog tells.
    public enum Event: Hashable, Sendable {
        /// A part has not answered for two seconds; where its threads are in the kernel, as far as that may be read.
        case stalled(String, stack: String)
        case recovered(String)
        /// A part has not answered for thirty seconds. The process ends when this has been told.
        case gaveUp(String)
    }

    private struct Watched {
        var vital = Vital()
        /// The thread that answered last.
        var thread: Int32?
    }

    private let subjects: [Subject]
    private let watched: Mutex<[Watched]>
    private let notifier: ServiceNotifier?
    private let onEvent: @Sendable (Event) -> Void
    private let end: @Sendable () -> Void

    /// - Parameters:
    ///   - notifier: is told of each round in which nothing stands still for too long.
    ///   - onEvent: called on the watchdog's thread.
    ///   - end: ends the process.
    public init(
        _ subjects: [Subject], notifier: ServiceNotifier? = nil, onEvent: @escaping @Sendable (Event) -> Void,
        end: @escaping @Sendable () -> Void
    ) {
        self.subjects = subjects
        watched = Mutex(subjects.map { _ in Watched() })
        self.notifier = notifier
        self.onEvent = onEvent
        self.end = end
    }

    /// The names of what stands still.
    public var stalled: [String] {
        watched.withLock { watched in
            zip(subjects, watched).filter(\.1.vital.isStalled).map(\.0.name)
        }
    }

    /// Starts the thread; a round is one second.
    ///
    /// - Throws: `SystemError` when there can be no thread.
    public func start() throws(SystemError) {
        try PeriodicThread.start(everyMilliseconds: 1000) { [self] in round() }
    }

    /// One round: asks who has answered, and looks for how long the others have not.
    func round() {
        var isAlive = true
        for index in subjects.indices {
            let (action, thread) = watched.withLock { ($0[index].vital.round(), $0[index].thread) }
            switch action {
            case .ask: subjects[index].ask { [weak self] in self?.answered(index) }
            case .wait: break
            case .report: onEvent(.stalled(subjects[index].name, stack: stack(of: subjects[index], thread)))
            case .giveUp:
                isAlive = false
                onEvent(.gaveUp(subjects[index].name))
                end()
            }
        }
        if isAlive { notifier?.isAlive() }
    }

    private func stack(of subject: Subject, _ thread: Int32?) -> String {
        switch subject.place {
        case .thread: KernelStack.text(of: thread)
        case .threads: KernelStack.text(of: nil)
        // Another process's is for root with all its capabilities to read.
        case .process: "of another process"
        }
    }

    private func answered(_ index: Int) {
        let thread = outpost_thread_id()
        let hasRecovered = watched.withLock { watched in
            watched[index].thread = thread
            return watched[index].vital.answer()
        }
        if hasRecovered { onEvent(.recovered(subjects[index].name)) }
    }
}
