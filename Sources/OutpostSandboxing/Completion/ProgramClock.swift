// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The clocks of a running program. They report when its wall time or its processor time is over.
@Reactor
final class ProgramClock {
    /// Nil when there is no limit of wall time.
    private let wall: WallTimeLimit?
    private let processor: ProcessorTimeLimit?
    private let startedAt = monotonicNanoseconds()
    /// Nanoseconds of the program's wall time that had passed before the clock started.
    private let waited: UInt64
    private var endedAt: UInt64?
    /// Whether both clocks have stopped.
    private var isOver = false
    /// The start of the current pause. Nil when the program is not paused.
    private var pausedAt: UInt64?
    /// Nanoseconds of all earlier pauses.
    private var pausedFor: UInt64 = 0
    /// The end that `wallTimer` waits for, in nanoseconds of the program's time, and what happens then.
    private var deadline: (end: UInt64, action: @Reactor (ProgramClock) -> Void)?
    /// The processor time in the last answer, in microseconds.
    private var used: UInt64 = 0
    private var wallTimer: Reactor.Timer?
    private var processorTimer: Reactor.Timer?
    /// The time of the run, in nanoseconds, at which the clock asked how long the program had waited for a processor.
    /// Nil while no such question is open.
    private var askedAt: UInt64?
    /// The longest wait for a processor that was reported, in microseconds. The kernel forgets the wait of a process
    /// that has ended.
    private var stalled: UInt64 = 0
    private let ask: @Reactor (_ withStall: Bool) -> Void
    private let stop: @Reactor (ProgramStop) -> Void

    /// Starts the clocks.
    ///
    /// - Parameters:
    ///   - waited: nanoseconds of the program's wall time that have already passed.
    ///   - ask: asks for the usage of the program. The answer goes to `used`.
    ///   - stop: called when a time is over.
    init(
        _ wall: WallTimeLimit?, processor: ProcessorTimeLimit?, after waited: UInt64,
        ask: @escaping @Reactor (_ withStall: Bool) -> Void, stop: @escaping @Reactor (ProgramStop) -> Void
    ) {
        self.wall = wall
        self.processor = processor
        self.ask = ask
        self.stop = stop
        self.waited = waited
        if let wall { wait(untilNanoseconds: wall.nanoseconds) { $0.wallTimeIsOver() } }
        look(used: 0)
    }

    /// The wall time of the program, until now or its end.
    var durationMilliseconds: Double { Double(elapsed) / 1_000_000 }

    /// The wall time in nanoseconds, until now or the end of the program.
    private var elapsed: UInt64 {
        (endedAt ?? pausedAt ?? monotonicNanoseconds()) - startedAt + waited - pausedFor
    }

    /// Stops both clocks, because the program is being killed.
    func cancel() {
        isOver = true
        cancelTimers()
    }

    private func cancelTimers() {
        if let wallTimer { Reactor.cancel(wallTimer) }
        if let processorTimer { Reactor.cancel(processorTimer) }
        (wallTimer, processorTimer) = (nil, nil)
    }

    /// Stops both clocks until `resume`.
    func pause() {
        guard pausedAt == nil, !isOver else { return }
        pausedAt = monotonicNanoseconds()
        cancelTimers()
    }

    /// Ends a pause. Its time does not count.
    func resume() {
        guard let pausedAt, !isOver else { return }
        pausedFor += monotonicNanoseconds() - pausedAt
        self.pausedAt = nil
        if let deadline { wait(untilNanoseconds: deadline.end, deadline.action) }
        // An answer that came during the pause was dropped.
        if askedAt != nil {
            askedAt = elapsed
            ask(true)
        }
        look(used: used)
    }

    /// Stops both clocks at the end of the program.
    func end() {
        cancel()
        endedAt = endedAt ?? pausedAt ?? monotonicNanoseconds()
    }

    /// Receives the usage of the program.
    func used(_ meter: ProcessMeter) {
        guard !isOver, pausedAt == nil else { return }
        used = meter.cpuMicroseconds
        look(used: used)
        // An answer without the waiting time belongs to a question about processor time.
        guard !isOver, let wall, let askedAt, let told = meter.stallMicroseconds else { return }
        stalled = max(stalled, told)
        let end = wall.end(stalled: stalled * 1000)
        // The answer may come late. It covers only the time until the question.
        if end <= askedAt + Self.shortestWait { return stop(.wallTime) }
        self.askedAt = nil
        wait(untilNanoseconds: end) { $0.wallTimeIsOver() }
    }

    /// Handles the end of the wall time. If the limit is elastic, this asks how long the program waited for a
    /// processor. The longest possible limit still applies.
    private func wallTimeIsOver() {
        guard let wall, wall.isElastic else { return stop(.wallTime) }
        wait(untilNanoseconds: wall.mostNanoseconds) { $0.stop(.wallTime) }
        askedAt = elapsed
        ask(true)
    }

    private func wait(untilNanoseconds end: UInt64, _ action: @escaping @Reactor (ProgramClock) -> Void) {
        if let wallTimer { Reactor.cancel(wallTimer) }
        deadline = (end, action)
        wallTimer = Reactor.schedule(afterNanoseconds: end - min(end, elapsed)) { [weak self] in
            if let self { action(self) }
        }
    }

    /// A remaining time below this, in nanoseconds, is ignored.
    private static let shortestWait: UInt64 = 1_000_000

    private func look(used: UInt64) {
        guard let processor else { return }
        if let processorTimer { Reactor.cancel(processorTimer) }
        guard let pause = processor.nextLook(used: used, elapsed: elapsed) else { return stop(.processorTime) }
        processorTimer = Reactor.schedule(afterNanoseconds: pause) { [weak self] in
            guard let self else { return }
            ask(askedAt != nil)
        }
    }
}

/// Why the platform ended a program.
enum ProgramStop: Hashable, Sendable {
    case wallTime, processorTime, outputLimit, cancelled
}
