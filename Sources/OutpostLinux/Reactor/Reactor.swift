// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

/// The one thread that waits for descriptors and timers. What is isolated to this actor runs on it, between two waits, so
/// it must never block; in return its state needs no lock.
@globalActor
public actor Reactor {
    public static let shared = Reactor()

    /// What may happen to a watched descriptor.
    public struct Interest: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        public static let read = Interest(rawValue: OUTPOST_EPOLLIN)
        public static let write = Interest(rawValue: OUTPOST_EPOLLOUT)
    }

    private let thread = ReactorThread()
    @Reactor private static var handlers: [UInt64: @Reactor () -> Void] = [:]
    @Reactor private static var timers = TimerQueue()
    @Reactor private static var nextToken: UInt64 = 1

    private init() {}

    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Starts the thread, unless it runs already; before anything is isolated to this actor.
    public nonisolated static func start() throws(SystemError) { try started.get() }

    private static let started = Result { () throws(SystemError) in
        try shared.thread.start(
            dispatch: { token in assumeIsolated { handlers[token]?() } },
            wait: { assumeIsolated { fireTimers() } })
    }

    /// Runs `body` as isolated to this actor, which the caller knows to be true: it is on the reactor's thread.
    private nonisolated static func assumeIsolated<Result>(_ body: @Reactor () -> Result) -> Result {
        shared.preconditionIsolated()
        // The two function types differ only in the isolation that was just checked; MainActor.assumeIsolated does the
        // same, and a global actor of one's own has no such call.
        return withoutActuallyEscaping(body) { unsafeBitCast($0, to: (() -> Result).self)() }
    }

    /// Runs what is due; answers how long to wait for the next, in milliseconds, -1 for ever.
    @Reactor private static func fireTimers() -> Int32 {
        let now = monotonicNanoseconds()
        while let action = timers.takeDue(now) { action() }
        return timers.millisecondsToNext(monotonicNanoseconds())
    }

    /// Runs `action` soon, on the reactor's thread; actions of one thread come in its order.
    public nonisolated static func perform(_ action: @escaping @Reactor @Sendable () -> Void) {
        shared.thread.perform { assumeIsolated(action) }
    }

    /// Calls `handler` whenever `descriptor` is ready for what `interest` names, or its other end is gone.
    ///
    /// The watch holds neither the descriptor nor its number: end it before the descriptor closes.
    @Reactor public static func watch(
        _ descriptor: Descriptor, for interest: Interest, _ handler: @escaping @Reactor () -> Void
    ) throws(SystemError) -> Watch {
        let token = nextToken
        nextToken += 1
        try shared.thread.add(descriptor.number, interest.rawValue, token)
        handlers[token] = handler
        return Watch(token: token, number: descriptor.number)
    }

    /// Ends a watch.
    @Reactor public static func end(_ watch: Watch) {
        guard handlers.removeValue(forKey: watch.token) != nil else { return }
        shared.thread.remove(watch.number)
    }

    /// Calls `action` once, `nanoseconds` from now.
    @Reactor public static func schedule(
        afterNanoseconds nanoseconds: UInt64, _ action: @escaping @Reactor () -> Void
    ) -> Timer {
        timers.add(at: monotonicNanoseconds() &+ nanoseconds, action)
    }

    @Reactor public static func cancel(_ timer: Timer) { timers.cancel(timer) }

    /// A descriptor that is being watched.
    public struct Watch: Sendable {
        let token: UInt64
        let number: Int32
    }

    /// A call that is due at a time.
    public struct Timer: Sendable, Hashable {
        let deadline: UInt64
        let serial: UInt64
    }
}
