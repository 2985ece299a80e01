// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The host's part of a program in its cgroup: its streams, and how it ends.
@Reactor
final class NamespaceRun {
    typealias Ending = RunLifecycle.Ending

    /// The name of the run's cgroup. A server never uses a number twice.
    let id: UInt64
    /// Run the calls that may wait for programs of this namespace.
    let threads: BlockingPool
    /// The program's connection with the host.
    let streams: any ProcessConnection
    private let killOnce: @Reactor (NamespaceRun) -> Void
    private let ask: @Reactor (NamespaceRun, ProcessMeter.Counters) -> Void
    private let giveUp: @Reactor () -> Void
    private var listener: (any ProcessListener)?
    private var lifecycle = RunLifecycle()
    private var waiter: CheckedContinuation<Ending, Never>?
    private var timer: Reactor.Timer?
    /// Whether the sandbox is paused. A run is killed only when its agent can report its end.
    private(set) var isPaused = false
    /// Whether the run must be killed when the pause ends.
    private var isKillDelayed = false
    /// The open counters of the cgroup. Nil until they were needed, and after the end.
    private var counters: CgroupCounters?
    private var alarm: (watch: Reactor.Watch, descriptor: Descriptor)?

    /// The processors of the run. An empty set means all.
    var processors = ProcessorSet()

    /// Creates the run.
    ///
    /// - Parameters:
    ///   - descriptor: reports that the memory of the cgroup is full (cgroup v1). Nil otherwise.
    ///   - kill: kills the run's processes.
    ///   - meter: asks for the usage of the run. The answer goes to `used`.
    ///   - giveUp: ends the whole sandbox, when killing the run had no effect.
    init(
        id: UInt64, alarm descriptor: Descriptor?, streams: any ProcessConnection, threads: BlockingPool,
        kill: @escaping @Reactor (NamespaceRun) -> Void,
        meter: @escaping @Reactor (NamespaceRun, ProcessMeter.Counters) -> Void = { _, _ in },
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

    /// Ends the whole run when this descriptor reports that the cgroup's memory is full.
    func watchMemory(_ descriptor: Descriptor) throws(SystemError) {
        let watch = try Reactor.watch(descriptor, for: .read) { [weak self] in self?.memoryRanOut() }
        alarm = (watch, descriptor)
    }

    private var ending: Ending? { lifecycle.ending }

    var isOutOfMemory: Bool { lifecycle.isOutOfMemory }

    /// Starts the input and connects the listener. The program starts next.
    func begin(_ program: ProgramSpec, listener: any ProcessListener) throws(SystemError) {
        self.listener = listener
        try streams.begin(program, listener: listener)
    }

    /// Whether the listener wants to know when the program has begun.
    var reportsStart: Bool { listener?.isFollowing ?? false }

    /// Tells the listener that the program has begun. Does nothing when it was refused.
    ///
    /// - Parameter pid: the process's number in the sandbox; nil when unknown.
    func started(pid: Int32?) {
        if ending == nil { listener?.started(pid: pid) }
    }

    /// Whether the rest of the output waits for its listener.
    var isWaitingForListener: Bool { streams.stdout.isStopped || streams.stderr.isStopped }

    /// Waits for the program's end.
    func waitForEnd() async -> Ending {
        await withCheckedContinuation { continuation in
            if let ending { continuation.resume(returning: ending) } else { waiter = continuation }
        }
    }

    /// Kills the run, again and again until it has ended.
    func kill() { handle(.killed) }

    /// Asks for the usage.
    func meter(_ counters: ProcessMeter.Counters) { ask(self, counters) }

    /// Passes the usage to the listener.
    func used(_ meter: ProcessMeter) {
        if ending == nil { listener?.used(meter) }
    }

    /// Keeps the open counters of the cgroup until the end.
    func take(_ counters: CgroupCounters?) {
        if ending == nil { self.counters = counters }
    }

    /// Reads the usage from the open counters and passes it on. The spawner, which all sandboxes use, need not be asked then.
    ///
    /// - Returns: whether the counters are open and could be read.
    func readCounters() -> Bool {
        guard let read = try? counters?.read() else { return false }
        used(
            ProcessMeter(
                cpuMicroseconds: UInt64(read.cpuMicroseconds), memoryPeakBytes: UInt64(read.programMemoryPeak)))
        return true
    }

    private func handle(_ event: RunLifecycle.Event) {
        switch lifecycle.handle(event) {
        case .kill: kill(again: Self.firstKillInterval)
        case .finish(let ending): finish(ending)
        case nil: return
        }
    }

    /// Records the end of the program. Ignores a second report, which is an error of the agent.
    func end(_ ending: Ending) { handle(.ended(ending)) }

    private func finish(_ ending: Ending) {
        if let timer { Reactor.cancel(timer) }
        endAlarm()
        counters = nil
        streams.endInput()
        listener?.ended()
        waiter?.resume(returning: ending)
        waiter = nil
    }

    /// Releases everything, when the streams did not end by themselves.
    func abandon() {
        forgetProcessors()
        endAlarm()
        streams.abandon()
        listener = nil
    }

    /// Releases the listener.
    func forgetListener() { listener = nil }

    /// Kills again and again until the end is reported. A kill before the program has entered its cgroup finds no
    /// process.
    ///
    /// - Parameter interval: nanoseconds until the next kill. It doubles each time.
    private func kill(again interval: UInt64) {
        guard !isPaused else { return isKillDelayed = true }
        guard interval < Self.patience else { return giveUp() }
        killOnce(self)
        if let timer { Reactor.cancel(timer) }
        timer = Reactor.schedule(afterNanoseconds: interval) { [weak self] in
            guard let self, ending == nil else { return }
            kill(again: interval * 2)
        }
    }

    /// Records that the sandbox is paused or not. At the end of a pause this kills a run that was to end meanwhile.
    func setPaused(_ isPaused: Bool) {
        guard self.isPaused != isPaused else { return }
        self.isPaused = isPaused
        guard ending == nil else { return }
        if !isPaused, isKillDelayed {
            isKillDelayed = false
            kill(again: Self.firstKillInterval)
        }
        listener?.paused(isPaused)
    }

    private static let firstKillInterval: UInt64 = 10_000_000

    /// Nanoseconds after which the sandbox is ended if a run does not end.
    nonisolated static let patience: UInt64 = 5_000_000_000

    /// Cgroup v1 kills only one process, but a run that is out of memory must end as a whole. The report comes before
    /// the kernel has chosen a process. Therefore this kill may end the program, and the kernel counts none.
    private func memoryRanOut() {
        endAlarm()
        endForMemory()
    }

    /// Ends the run as out of memory.
    func endForMemory() { handle(.outOfMemory) }

    private func endAlarm() {
        if let alarm { Reactor.end(alarm.watch) }
        alarm = nil
    }
}
