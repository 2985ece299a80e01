// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The host's side of a program in its cgroup: its streams, and how it is ended.
@Reactor
final class ProgramRun {
    typealias Ending = RunLifecycle.Ending

    /// Names the run's cgroup; never used twice by one server.
    let id: UInt64
    /// For what may wait for programs of this sandbox's namespace.
    let threads: BlockingPool
    /// How the program is connected with the host.
    let streams: any ProcessConnection
    private let killOnce: @Reactor (ProgramRun) -> Void
    private let ask: @Reactor (ProgramRun, _ withStall: Bool) -> Void
    private let giveUp: @Reactor () -> Void
    private var listener: (any ProcessListener)?
    private var lifecycle = RunLifecycle()
    private var waiter: CheckedContinuation<Ending, Never>?
    private var timer: Reactor.Timer?
    private var alarm: (watch: Reactor.Watch, descriptor: Descriptor)?

    /// Those that the run is held to; none for all.
    var processors = ProcessorSet()

    /// - Parameters:
    ///   - kill: ends the run's processes.
    ///   - meter: finds out what the run has used of the processor, for `used`.
    ///   - giveUp: ends the whole sandbox, when killing the run had no effect.
    init(
        id: UInt64, alarm descriptor: Descriptor?, streams: any ProcessConnection, threads: BlockingPool,
        kill: @escaping @Reactor (ProgramRun) -> Void,
        meter: @escaping @Reactor (ProgramRun, _ withStall: Bool) -> Void = { _, _ in },
        giveUp: @escaping @Reactor () -> Void
    ) throws(SystemError) {
        self.id = id
        self.streams = streams
        self.threads = threads
        killOnce = kill
        ask = meter
        self.giveUp = giveUp
        if let descriptor { try watchMemory(descriptor) }
    }

    /// Ends the run as a whole when this alarm of its cgroup's goes off.
    func watchMemory(_ descriptor: Descriptor) throws(SystemError) {
        let watch = try Reactor.watch(descriptor, for: .read) { [weak self] in self?.memoryRanOut() }
        alarm = (watch, descriptor)
    }

    private var ending: Ending? { lifecycle.ending }

    var isOutOfMemory: Bool { lifecycle.isOutOfMemory }

    /// The program is about to start: its input goes to it, and from now on somebody hears of it.
    func begin(_ program: ProgramSpec, listener: any ProcessListener) throws(SystemError) {
        self.listener = listener
        try streams.begin(program, listener: listener)
    }

    /// Whether what is left of its output waits for its listener.
    var isWaitingForListener: Bool { streams.stdout.isStopped || streams.stderr.isStopped }

    /// Waits for the program's end.
    func waitForEnd() async -> Ending {
        await withCheckedContinuation { continuation in
            if let ending { continuation.resume(returning: ending) } else { waiter = continuation }
        }
    }

    /// Has it killed until it has ended.
    func kill() { handle(.killed) }

    /// Asks what it has used.
    func meter(withStall: Bool) { ask(self, withStall) }

    /// Tells what it has used so far.
    func used(_ meter: ProcessMeter) {
        if ending == nil { listener?.used(meter) }
    }

    private func handle(_ event: RunLifecycle.Event) {
        switch lifecycle.handle(event) {
        case .kill: kill(again: Self.firstKillInterval)
        case .finish(let ending): finish(ending)
        case nil: return
        }
    }

    /// Takes the first report of an end; a second one is the agent's mistake and changes nothing.
    func end(_ ending: Ending) { handle(.ended(ending)) }

    private func finish(_ ending: Ending) {
        if let timer { Reactor.cancel(timer) }
        endAlarm()
        streams.endInput()
        listener?.ended()
        waiter?.resume(returning: ending)
        waiter = nil
    }

    /// Releases what is left when the streams did not end by themselves.
    func abandon() {
        forgetProcessors()
        endAlarm()
        streams.abandon()
        listener = nil
    }

    /// Nobody hears of it any more.
    func forgetListener() { listener = nil }

    /// Kills until the end is reported: a kill that comes before the program has joined its cgroup finds nobody there.
    ///
    /// - Parameter interval: nanoseconds until the next kill; each is twice as long as the one before.
    private func kill(again interval: UInt64) {
        guard interval < Self.patience else { return giveUp() }
        killOnce(self)
        if let timer { Reactor.cancel(timer) }
        timer = Reactor.schedule(afterNanoseconds: interval) { [weak self] in
            guard let self, ending == nil else { return }
            kill(again: interval * 2)
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
    func endForMemory() { handle(.outOfMemory) }

    private func endAlarm() {
        if let alarm { Reactor.end(alarm.watch) }
        alarm = nil
    }
}
