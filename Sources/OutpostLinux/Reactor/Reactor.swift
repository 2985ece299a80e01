// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import OutpostCore

/// The thread that waits for descriptors and timers, as a global actor. Code of this actor runs on that thread between two
/// waits. It must never block, and its state needs no lock.
@globalActor
public actor Reactor {
    /// The only reactor.
    public static let shared = Reactor()

    /// The events of a watched descriptor.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// The descriptor is readable.
        public static let read = Interest(rawValue: OUTPOST_EPOLLIN)
        /// The descriptor is writable.
        public static let write = Interest(rawValue: OUTPOST_EPOLLOUT)
    }

    private let thread = ReactorThread()
    @Reactor private static var handlers: [UInt64: @Reactor () -> Void] = [:]
    @Reactor private static var timers = Schedule<UInt64, @Reactor () -> Void>()
    @Reactor private static var nextToken: UInt64 = 1

    private init() {}

    /// The reactor's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Starts the thread, unless it runs already. Call it before any other use of the reactor.
    public nonisolated static func start() throws(SystemError) { try started.get() }

    private static let started = Result { () throws(SystemError) in
        try shared.thread.start(
            dispatch: { token in assumeIsolated { handlers[token]?() } },
            wait: { assumeIsolated { fireTimers() } })
    }

    /// Runs `body` isolated to this actor. The caller must be on the reactor's thread.
    private nonisolated static func assumeIsolated<Result>(_ body: @Reactor () -> Result) -> Result {
        shared.preconditionIsolated()
        // The two function types differ only in their isolation, which the line above has checked. MainActor.assumeIsolated
        // does the same. Swift has no such call for other global actors.
        return withoutActuallyEscaping(body) { unsafeBitCast($0, to: (() -> Result).self)() }
    }

    /// Runs the timers that are due. Returns the milliseconds until the next one, -1 without one.
    @Reactor private static func fireTimers() -> Int32 {
        let now = monotonicNanoseconds()
        while let action = timers.takeDue(at: now) { action() }
        return milliseconds(to: timers.first, from: monotonicNanoseconds())
    }

    /// The milliseconds of a wait until `deadline`, at most an hour; -1 without one. Rounded up, because a wait that ends before
    /// the deadline would be repeated at once.
    nonisolated static func milliseconds(to deadline: UInt64?, from now: UInt64) -> Int32 {
        guard let deadline else { return -1 }
        return deadline > now ? Int32(min((deadline - now + 999_999) / 1_000_000, 3_600_000)) : 0
    }

    /// Runs `action` on the reactor's thread and does not wait for it. Actions, and calls of this
    /// actor, run in the order in which they were made.
    public nonisolated static func perform(_ action: @escaping @Reactor @Sendable () -> Void) {
        shared.thread.perform { assumeIsolated(action) }
    }

    /// Calls `handler` when an event of `interest` happens on `descriptor`, or its other end closes.
    ///
    /// The watch does not keep the descriptor open. End the watch before the descriptor closes.
    @Reactor public static func watch(
        _ descriptor: Descriptor, for interest: Interest, _ handler: @escaping @Reactor () -> Void
    ) throws(SystemError) -> Watch {
        let token = nextToken
        nextToken += 1
        try shared.thread.add(descriptor.number, interest.rawValue, token)
        handlers[token] = handler
        return Watch(token: token, number: descriptor.number)
    }

    /// Ends a watch. A second call has no effect.
    @Reactor public static func end(_ watch: Watch) {
        guard handlers.removeValue(forKey: watch.token) != nil else { return }
        shared.thread.remove(watch.number)
    }

    /// Calls `action` once, `nanoseconds` from now.
    @Reactor public static func schedule(
        afterNanoseconds nanoseconds: UInt64, _ action: @escaping @Reactor () -> Void
    ) -> Timer {
        Timer(number: timers.add(at: monotonicNanoseconds() &+ nanoseconds, action))
    }

    /// Cancels a timer. Has no effect after it has fired.
    @Reactor public static func cancel(_ timer: Timer) { timers.cancel(timer.number) }

    /// A watched descriptor.
    public struct Watch: Sendable {
        let token: UInt64
        let number: Int32
    }

    /// A call scheduled for a time.
    public struct Timer: Sendable, Hashable {
        let number: Int
    }
}
