// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Synchronization

/// A thread that asks the parts of the server for a sign of life once a second. It ends the process when a part has not
/// answered for 30 seconds, so that the service manager starts it again. The thread never waits for an answer, so no part
/// can block it.
public final class Watchdog: Sendable {
    /// Where a part of the server runs.
    public enum Place: Sendable {
        /// In one thread, which also gives the answers.
        case thread
        /// In any thread of this process.
        case threads
        /// In another process.
        case process
    }

    /// A part of the server that the watchdog asks.
    public struct Subject: Sendable {
        /// A short name for the log and `/readyz`.
        public let name: String
        let place: Place
        /// Asks the part to call the closure once. Must not block.
        let ask: @Sendable (@escaping @Sendable () -> Void) -> Void

        /// A part with these values.
        ///
        /// - Parameter ask: asks the part to call its argument once. Must not block.
        public init(
            _ name: String, in place: Place, ask: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
        ) {
            self.name = name
            self.place = place
            self.ask = ask
        }
    }

    /// A report of the watchdog about the part with this name.
    public enum Event: Hashable, Sendable {
        /// The part has not answered for two seconds. `stack` has the kernel stacks of its threads, if they can be read.
        case stalled(String, stack: String)
        /// The part has answered after a reported stall.
        case recovered(String)
        /// The part has not answered for 30 seconds. The process ends after this report.
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

    /// A watchdog of these parts; `start` starts it.
    ///
    /// - Parameters:
    ///   - notifier: gets a sign of life for each round in which the process is not given up.
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

    /// The names of the parts that have not answered for two seconds.
    public var stalled: [String] {
        watched.withLock { watched in
            zip(subjects, watched).filter(\.1.vital.isStalled).map(\.0.name)
        }
    }

    /// Starts the thread; a round is one second.
    ///
    /// - Throws: `SystemError` when the thread cannot be started.
    public func start() throws(SystemError) {
        try PeriodicThread.start(everyMilliseconds: 1000) { [self] in round() }
    }

    /// One round: asks the parts that have answered, and counts the round for the others.
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
        // Reading another process's stack needs root with all capabilities.
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
