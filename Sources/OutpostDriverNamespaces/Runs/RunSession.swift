// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
import OutpostWire

/// One program on its way from start to end: its streams, its clock, and what stopped it.
@Reactor
final class RunSession {
    typealias Ending = RunLifecycle.Ending
    typealias Stop = RunLifecycle.Stop

    /// Names the run's cgroup; never used twice by one server.
    let id: UInt64
    /// For what may wait for programs of this sandbox's namespace.
    let threads: BlockingPool
    let stdout: OutputCapture
    let stderr: OutputCapture
    private var stdin: InputFeed?
    private var interleaved: InterleavedOutput?
    /// In which order the program wrote to both streams, when that was asked for.
    private(set) var order: OutputOrder?
    private let input: Descriptor
    private let kill: @Reactor (RunSession) -> Void
    private let meter: @Reactor (RunSession) -> Void
    private let giveUp: @Reactor () -> Void
    private var startedAt = monotonicNanoseconds()
    private var endedAt: UInt64?
    private var lifecycle = RunLifecycle()
    private var waiter: CheckedContinuation<Ending, Never>?
    private var timer: Reactor.Timer?
    /// Whether it is being found out if the wall time that is over was the program's.
    private(set) var isWallTimeOver = false
    /// Of that question: when it was put, in nanoseconds of the run. The most that has been told: what a process waited is not
    /// known any more when it is gone.
    private var stall: (askedAt: UInt64, most: UInt64) = (0, 0)
    /// What it may use of the processor, and when that is looked at next.
    private var processor: (limit: ProcessorTimeLimit, timer: Reactor.Timer)?
    private var wall: WallTimeLimit?
    private var alarm: (watch: Reactor.Watch, descriptor: Descriptor)?

    /// Those that the run is held to; none for all.
    var processors = ProcessorSet()

    /// The program's ends of the pipes, to be sent to the agent and then dropped.
    let programEnds: [Descriptor]

    /// - Parameters:
    ///   - kill: ends the run's processes.
    ///   - meter: finds out what the run has used of the processor, for `metered`.
    ///   - giveUp: ends the whole sandbox, when killing the run had no effect.
    init(
        id: UInt64, alarm descriptor: Descriptor?, threads: BlockingPool,
        kill: @escaping @Reactor (RunSession) -> Void, meter: @escaping @Reactor (RunSession) -> Void = { _ in },
        giveUp: @escaping @Reactor () -> Void
    ) throws(SystemError) {
        self.id = id
        self.threads = threads
        self.kill = kill
        self.meter = meter
        self.giveUp = giveUp
        let inputPipe = try Descriptor.programInput()
        let outputPipe = try Descriptor.programOutput()
        let errorPipe = try Descriptor.programOutput()
        programEnds = [inputPipe.read, outputPipe.write, errorPipe.write]
        input = inputPipe.write
        stdout = try OutputCapture(outputPipe, threads: threads)
        stderr = try OutputCapture(errorPipe, threads: threads)
        if let descriptor { try watchMemory(descriptor) }
    }

    /// Ends the run as a whole when this alarm of its cgroup's goes off.
    func watchMemory(_ descriptor: Descriptor) throws(SystemError) {
        let watch = try Reactor.watch(descriptor, for: .read) { [weak self] in self?.memoryRanOut() }
        alarm = (watch, descriptor)
    }

    private var ending: Ending? { lifecycle.ending }

    /// What the platform ended it for, if it did.
    var stopped: Stop? { lifecycle.stop }

    var isOutOfMemory: Bool { lifecycle.isOutOfMemory }

    var durationMilliseconds: Double { Double((endedAt ?? monotonicNanoseconds()) - startedAt) / 1_000_000 }

    /// The program is about to start: its input goes to it, and from now on its output is kept and its time counts.
    ///
    /// - Parameters:
    ///   - stopsAtLimit: whether it is ended when it writes more to its standard output than is kept.
    ///   - isInterleaved: whether the order of both streams is kept.
    ///   - waited: nanoseconds of its time that are over already.
    func begin(
        stdin bytes: [UInt8], keeping record: OutputRecord, stopsAtLimit: Bool = false,
        isInterleaved: Bool = false, output live: LiveOutput? = nil, after waited: UInt64 = 0
    ) throws(SystemError) {
        stdout.record = record
        stderr.record = record
        if stopsAtLimit { stdout.onExcess = { [weak self] in self?.stop(for: .outputLimit) } }
        stdout.live = live.map { ($0, .stdout) }
        stderr.live = live.map { ($0, .stderr) }
        if isInterleaved { try interleave() }
        startedAt = monotonicNanoseconds() - waited
        stdin = try InputFeed(input, bytes, threads: threads)
    }

    private func interleave() throws(SystemError) {
        guard let stdout = stdout.handOver(), let stderr = stderr.handOver() else {
            throw SystemError("read both streams", number: SystemError.connectionReset)
        }
        order = OutputOrder()
        interleaved = try InterleavedOutput([
            (.stdout, stdout.read, stdout.write), (.stderr, stderr.read, stderr.write),
        ]) { [weak self] stream, part in self?.took(part, of: stream) }
    }

    private func took(_ part: OutputPart, of stream: LiveOutput.Stream) {
        order?.append(part.bytes.count, to: stream)
        switch stream {
        case .stdout: stdout.took(part)
        case .stderr: stderr.took(part)
        }
    }

    /// Closes this process's copies of the program's ends: only then does the end of the program end the streams.
    ///
    /// - Parameter isAlone: whether nobody can hold a lock that a close takes.
    func sentProgramEnds(isAlone: Bool = false) {
        let close: @Sendable () -> Void = { [programEnds] in for end in programEnds { end.closeNow() } }
        if isAlone { close() } else { threads.submit(close) }
    }

    /// Waits for the program's end. When the time is up it is killed first and then waited for.
    ///
    /// - Parameter processor: what it may use of the processor besides.
    func waitForEnd(_ wall: WallTimeLimit, processor limit: ProcessorTimeLimit? = nil) async -> Ending {
        self.wall = wall
        // One that is being killed already needs its timer for that.
        if lifecycle.isRunning { wait(untilNanoseconds: wall.nanoseconds) { $0.wallTimeIsOver() } }
        if let limit { watch(limit, used: 0) }
        return await withCheckedContinuation { continuation in
            if let ending { continuation.resume(returning: ending) } else { waiter = continuation }
        }
    }

    func cancel() { stop(for: .cancelled) }

    /// Tells what the program has used of the processor so far.
    func metered(_ meter: RunMeter) {
        guard ending == nil, stopped == nil else { return }
        if let limit = processor?.limit { watch(limit, used: meter.cpuMicroseconds) }
        // The answer to a look at its processor time may come when its wall time is over, and tells nothing of that.
        guard let wall, stopped == nil, isWallTimeOver, let told = meter.stallMicroseconds else { return }
        stall.most = max(stall.most, told)
        let end = wall.end(stalled: stall.most * 1000)
        // An answer that took long tells nothing of the time since the question.
        if end <= stall.askedAt + Self.shortestWait { return stop(for: .wallTime) }
        wait(untilNanoseconds: end) { $0.wallTimeIsOver() }
    }

    /// It is the end, unless the program may have been kept from the processor: that is asked, and in any case the last
    /// moment holds.
    private func wallTimeIsOver() {
        guard let wall, wall.isElastic else { return stop(for: .wallTime) }
        wait(untilNanoseconds: wall.mostNanoseconds) { $0.stop(for: .wallTime) }
        isWallTimeOver = true
        stall.askedAt = monotonicNanoseconds() - startedAt
        meter(self)
    }

    private func wait(untilNanoseconds end: UInt64, _ action: @escaping @Reactor (RunSession) -> Void) {
        isWallTimeOver = false
        if let timer { Reactor.cancel(timer) }
        let rest = end - min(end, monotonicNanoseconds() - startedAt)
        timer = Reactor.schedule(afterNanoseconds: rest) { [weak self] in if let self { action(self) } }
    }

    /// Nanoseconds for which no program is waited for once more.
    private static let shortestWait: UInt64 = 1_000_000

    private func watch(_ limit: ProcessorTimeLimit, used: UInt64) {
        guard ending == nil, stopped == nil else { return }
        if let timer = processor?.timer { Reactor.cancel(timer) }
        guard let pause = limit.nextLook(used: used, elapsed: monotonicNanoseconds() - startedAt) else {
            return stop(for: .processorTime)
        }
        let timer = Reactor.schedule(afterNanoseconds: pause) { [weak self] in
            guard let self else { return }
            meter(self)
        }
        processor = (limit, timer)
    }

    private func stop(for reason: Stop) { take(.stopped(reason)) }

    private func take(_ event: RunLifecycle.Event) {
        switch lifecycle.take(event) {
        case .kill: stop(again: Self.firstKillInterval)
        case .finish(let ending): finish(ending)
        case nil: return
        }
    }

    /// Takes the first report of an end; a second one is the agent's mistake and changes nothing.
    func end(_ ending: Ending) { take(.ended(ending)) }

    private func finish(_ ending: Ending) {
        endedAt = monotonicNanoseconds()
        if let timer { Reactor.cancel(timer) }
        if let timer = processor?.timer { Reactor.cancel(timer) }
        endAlarm()
        closeInput()
        waiter?.resume(returning: ending)
        waiter = nil
    }

    /// Releases what is left when the streams did not end by themselves.
    func abandon() {
        forgetProcessors()
        sentProgramEnds()
        endAlarm()
        closeInput()
        interleaved?.end()
        stdout.abandon()
        stderr.abandon()
    }

    private func closeInput() {
        if let stdin { stdin.close() } else { input.closeNow() }
    }

    /// Kills until the end is reported: a kill that comes before the program has joined its cgroup finds nobody there.
    ///
    /// - Parameter interval: nanoseconds until the next kill; each is twice as long as the one before.
    private func stop(again interval: UInt64) {
        guard interval < Self.patience else { return giveUp() }
        kill(self)
        if let timer { Reactor.cancel(timer) }
        timer = Reactor.schedule(afterNanoseconds: interval) { [weak self] in
            guard let self, ending == nil else { return }
            stop(again: interval * 2)
        }
    }

    private static let firstKillInterval: UInt64 = 10_000_000

    /// How long a kill may take before the sandbox itself is ended, in nanoseconds.
    nonisolated static let patience: UInt64 = 5_000_000_000

    /// Version 1 kills one process and leaves the rest; a run that is out of memory ends as a whole. The alarm comes before
    /// the kernel has chosen its victim, so this kill may be the one that ends the program, and the kernel counts none.
    private func memoryRanOut() {
        endAlarm()
        endForMemory()
    }

    /// Ends the run as one that is out of memory.
    func endForMemory() { take(.outOfMemory) }

    private func endAlarm() {
        if let alarm { Reactor.end(alarm.watch) }
        alarm = nil
    }
}
