// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The clocks of a program that runs: they tell when its wall time or its processor time is over.
@Reactor
final class ProgramClock {
    private let wall: WallTimeLimit
    private let processor: ProcessorTimeLimit?
    private let startedAt = monotonicNanoseconds()
    /// Nanoseconds of its time that were over then.
    private let waited: UInt64
    private var endedAt: UInt64?
    private var wallTimer: Reactor.Timer?
    private var processorTimer: Reactor.Timer?
    /// Of the question how long the program was kept from the processor: when it was put, in nanoseconds of the run. Nil
    /// before the wall time is over.
    private var askedAt: UInt64?
    /// The most that has been told: what a process waited is not known any more when it is gone.
    private var stalled: UInt64 = 0
    private let ask: @Reactor (_ withStall: Bool) -> Void
    private let stop: @Reactor (ProgramStop) -> Void

    /// Starts them.
    ///
    /// - Parameters:
    ///   - waited: nanoseconds of its time that are over already.
    ///   - ask: finds out what the program has used, for `used`.
    ///   - stop: called when a time is over.
    init(
        _ wall: WallTimeLimit, processor: ProcessorTimeLimit?, after waited: UInt64,
        ask: @escaping @Reactor (_ withStall: Bool) -> Void, stop: @escaping @Reactor (ProgramStop) -> Void
    ) {
        self.wall = wall
        self.processor = processor
        self.ask = ask
        self.stop = stop
        self.waited = waited
        wait(untilNanoseconds: wall.nanoseconds) { $0.wallTimeIsOver() }
        look(used: 0)
    }

    var durationMilliseconds: Double { Double(elapsed) / 1_000_000 }

    /// Nanoseconds of its time, until now or its end.
    private var elapsed: UInt64 { (endedAt ?? monotonicNanoseconds()) - startedAt + waited }

    /// The program is being ended: no time of its own is over any more.
    func cancel() {
        if let wallTimer { Reactor.cancel(wallTimer) }
        if let processorTimer { Reactor.cancel(processorTimer) }
        (wallTimer, processorTimer) = (nil, nil)
    }

    /// The program has ended.
    func end() {
        cancel()
        endedAt = endedAt ?? monotonicNanoseconds()
    }

    /// Tells what the program has used of the processor so far.
    func used(_ meter: ProcessMeter) {
        guard wallTimer != nil else { return }
        look(used: meter.cpuMicroseconds)
        // The answer to a look at its processor time may come when its wall time is over, and tells nothing of that.
        guard wallTimer != nil, let askedAt, let told = meter.stallMicroseconds else { return }
        stalled = max(stalled, told)
        let end = wall.end(stalled: stalled * 1000)
        // An answer that took long tells nothing of the time since the question.
        if end <= askedAt + Self.shortestWait { return stop(.wallTime) }
        self.askedAt = nil
        wait(untilNanoseconds: end) { $0.wallTimeIsOver() }
    }

    /// It is the end, unless the program may have been kept from the processor: that is asked, and in any case the last
    /// moment holds.
    private func wallTimeIsOver() {
        guard wall.isElastic else { return stop(.wallTime) }
        wait(untilNanoseconds: wall.mostNanoseconds) { $0.stop(.wallTime) }
        askedAt = elapsed
        ask(true)
    }

    private func wait(untilNanoseconds end: UInt64, _ action: @escaping @Reactor (ProgramClock) -> Void) {
        if let wallTimer { Reactor.cancel(wallTimer) }
        wallTimer = Reactor.schedule(afterNanoseconds: end - min(end, elapsed)) { [weak self] in
            if let self { action(self) }
        }
    }

    /// Nanoseconds for which no program is waited for once more.
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
