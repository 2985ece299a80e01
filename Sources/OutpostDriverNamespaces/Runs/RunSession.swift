// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
import OutpostWire

/// One program on its way from start to end: its streams, its clock, and what stopped it.
@Reactor
final class RunSession {
    enum Ending {
        case exited(Int32)
        case signalled(Int32)
        case refused(GuestEvent.Stage, position: Int, errno: Int32, detail: String)
        /// The agent is gone; nothing more will be reported.
        case sandboxDied
    }

    /// Names the run's cgroup; never used twice by one server.
    let id: UInt64
    /// For what may wait for programs of this sandbox's namespace.
    let threads: BlockingPool
    let stdout: OutputCapture
    let stderr: OutputCapture
    private var stdin: InputFeed?
    private let input: Descriptor
    private let kill: @Reactor (RunSession) -> Void
    private let giveUp: @Reactor () -> Void
    private var startedAt = monotonicNanoseconds()
    private var endedAt: UInt64?
    private var ending: Ending?
    private var waiter: CheckedContinuation<Ending, Never>?
    private var timer: Reactor.Timer?
    private var alarm: (watch: Reactor.Watch, descriptor: Descriptor)?
    private(set) var isTimedOut = false
    private(set) var isCancelled = false
    private(set) var isOutOfMemory = false

    /// The program's ends of the pipes, to be sent to the agent and then dropped.
    let programEnds: [Descriptor]

    /// - Parameters:
    ///   - kill: ends the run's processes.
    ///   - giveUp: ends the whole sandbox, when killing the run had no effect.
    init(
        id: UInt64, alarm descriptor: Descriptor?, threads: BlockingPool,
        kill: @escaping @Reactor (RunSession) -> Void, giveUp: @escaping @Reactor () -> Void
    ) throws(SystemError) {
        self.id = id
        self.threads = threads
        self.kill = kill
        self.giveUp = giveUp
        let inputPipe = try Descriptor.pipe(nonBlockingWrite: true)
        let outputPipe = try Descriptor.pipe(nonBlockingRead: true)
        let errorPipe = try Descriptor.pipe(nonBlockingRead: true)
        // The pipes are root's, and the program is "others": it may open its ends once more, as /dev/stdin and the like,
        // and not the other ends.
        try inputPipe.read.setMode(0o604)
        try outputPipe.write.setMode(0o602)
        try errorPipe.write.setMode(0o602)
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

    var durationMilliseconds: Double { Double((endedAt ?? monotonicNanoseconds()) - startedAt) / 1_000_000 }

    /// The program is about to start: its input goes to it, and from now on its output is kept and its time counts.
    ///
    /// - Parameter waited: nanoseconds of its time that are over already.
    func begin(
        stdin bytes: [UInt8], keeping record: OutputRecord, output live: LiveOutput? = nil, after waited: UInt64 = 0
    ) throws(SystemError) {
        stdout.record = record
        stderr.record = record
        stdout.live = live.map { ($0, .stdout) }
        stderr.live = live.map { ($0, .stderr) }
        startedAt = monotonicNanoseconds() - waited
        stdin = try InputFeed(input, bytes, threads: threads)
    }

    /// Closes this process's copies of the program's ends: only then does the end of the program end the streams.
    ///
    /// - Parameter isAlone: whether nobody can hold a lock that a close takes.
    func sentProgramEnds(isAlone: Bool = false) {
        let close: @Sendable () -> Void = { [programEnds] in for end in programEnds { end.closeNow() } }
        if isAlone { close() } else { threads.submit(close) }
    }

    /// Waits for the program's end. When the time is up it is killed first and then waited for.
    func waitForEnd(timeoutMilliseconds: Int) async -> Ending {
        let time = UInt64(timeoutMilliseconds) * 1_000_000
        let rest = time - min(time, monotonicNanoseconds() - startedAt)
        timer = Reactor.schedule(afterNanoseconds: rest) { [weak self] in
            guard let self, ending == nil else { return }
            isTimedOut = true
            stop(again: Self.firstKillInterval)
        }
        return await withCheckedContinuation { continuation in
            if let ending { continuation.resume(returning: ending) } else { waiter = continuation }
        }
    }

    func cancel() {
        guard ending == nil, !isTimedOut else { return }
        isCancelled = true
        stop(again: Self.firstKillInterval)
    }

    /// Takes the first report of an end; a second one is the agent's mistake and changes nothing.
    func end(_ ending: Ending) {
        guard self.ending == nil else { return }
        self.ending = ending
        endedAt = monotonicNanoseconds()
        if let timer { Reactor.cancel(timer) }
        endAlarm()
        closeInput()
        waiter?.resume(returning: ending)
        waiter = nil
    }

    /// Releases what is left when the streams did not end by themselves.
    func abandon() {
        sentProgramEnds()
        endAlarm()
        closeInput()
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
        isOutOfMemory = true
        kill(self)
    }

    private func endAlarm() {
        if let alarm { Reactor.end(alarm.watch) }
        alarm = nil
    }
}
