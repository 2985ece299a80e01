// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostLinux

/// A program from its start to its end, for a caller that writes to it, signals it, or asks what it uses.
@Reactor
public final class StartedProgram {
    private let run: ProgramRun
    private let process: any RunningProcess
    /// The moment at which no given input waits any more. Nil when nobody waits for it.
    private var taking: Milestone?

    init(_ run: ProgramRun, _ process: any RunningProcess) {
        self.run = run
        self.process = process
    }

    /// The process's number in the sandbox; nil while it is unknown.
    public var pid: Int32? { run.pid }

    /// What a program has used until a measurement.
    public struct Measurement: Sendable {
        /// The processor time in microseconds. Nil when the program has not been measured.
        public let cpuMicroseconds: UInt64?
        /// The peak of the memory without files, in bytes, and at most the limit. Nil when the program has not been measured.
        public let memoryPeakBytes: Int?
    }

    /// Measures the processor time and the memory. Waits for the answer for a second, and then returns the last one.
    public func measure() async -> Measurement {
        await run.measure()
        return Measurement(
            cpuMicroseconds: run.lastMeter?.cpuMicroseconds,
            memoryPeakBytes: run.memoryPeakBytes.map { min(Int(clamping: $0), run.program.limits.memoryMiB << 20) })
    }

    /// Drops what only the start needs: files, variables and input. Call it when the program has begun.
    public func forgetStart() {
        run.forgetStart()
    }

    /// Adds input. Returns when the process can read all of it, the process has ended, or the calling task is cancelled.
    public func write(_ bytes: [UInt8]) async {
        process.write(bytes)
        await waitForInput()
    }

    /// Adds input and does not wait until the process can read it. Calls of one task, and later signals, keep their order.
    public nonisolated func post(_ bytes: [UInt8]) { Reactor.perform { self.process.write(bytes) } }

    /// Whether no given input waits: the process can read all of it, or has ended.
    public var isInputTaken: Bool { nextTaking().isReached }

    /// Waits until no given input waits, or the calling task is cancelled.
    public func waitForInput() async { await nextTaking().wait() }

    /// All waiting calls share one moment. Calls that were cancelled leave nothing behind.
    private func nextTaking() -> Milestone {
        if let taking { return taking }
        let next = Milestone()
        taking = next
        process.whenInputIsTaken { [weak self] in
            self?.taking = nil
            next.reach()
        }
        return next
    }

    /// Ends the input after the bytes that were given.
    public func closeInput() { process.closeInput() }

    /// Sends a signal to the process, and with `group` to its whole process group. Does nothing after the end.
    public func signal(_ number: Int32, group: Bool = true) { process.signal(number, group: group) }

    /// Sends SIGHUP to the process group. Does nothing after the end.
    public func hangUp() { signal(SignalNumber.hangUp) }

    /// Sends SIGINT to the process group. Does nothing after the end.
    public func interrupt() { signal(SignalNumber.interrupt) }

    /// Sends SIGTERM to the process group. Does nothing after the end.
    public func terminate() { signal(SignalNumber.terminate) }

    /// Sets the size of the terminal. Does nothing without a terminal.
    public func resize(_ size: ProcessTerminal) { process.resize(size) }

    /// Kills the program and its descendants, if it has not ended. Its result then has the cause `cancelled`.
    public func stop() { run.stop(for: .cancelled) }

    /// Waits for the end, and kills the descendants. Must be called once.
    ///
    /// - Returns: the errors of `RunningSandbox.complete`.
    public func result() async -> Result<ProgramResult, OutpostError> {
        outcome(await process.wait())
    }

    /// It is a function of its own so that the waiting task does not keep room for the outcome.
    private func outcome(_ exit: Result<ProcessExit, OutpostError>) -> Result<ProgramResult, OutpostError> {
        do throws(OutpostError) {
            return .success(try ProgramOutcome(run, exit: try exit.get(), program: run.program).result())
        } catch {
            return .failure(error)
        }
    }
}
