// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// A running program of any driver: its output, its clocks, and why it was stopped.
@Reactor
final class ProgramRun: ProcessListener {
    private(set) var program: ProgramSpec
    private(set) var stdout: OutputCapture
    private(set) var stderr: OutputCapture
    /// The order of the writes to both streams. Nil when it is not recorded.
    private(set) var order: OutputOrder?
    /// Why the platform stopped the program. The first reason counts.
    private(set) var stopped: ProgramStop?
    private var process: (any RunningProcess)?
    private var clock: ProgramClock?
    private var hasEnded = false
    private let live: (any ProgramOutput)?
    /// The process's number in the sandbox. Nil while it is unknown.
    private(set) var pid: Int32?
    /// The last answer to `RunningProcess.meter`.
    private(set) var lastMeter: ProcessMeter?
    /// The last answer with the memory. Nil before the first one.
    private(set) var memoryPeakBytes: UInt64?
    /// The callers that wait for the next answer with the memory, or the end.
    private var measuring: [Int: CheckedContinuation<Void, Never>] = [:]
    private var lastMeasuring = 0

    /// Creates the run of a program.
    ///
    /// - Parameter live: receives the output while the program runs.
    init(_ program: ProgramSpec, live: (any ProgramOutput)?) {
        self.program = program
        stdout = OutputCapture(.stdout, record: program.outputRecord, live: live)
        stderr = OutputCapture(.stderr, record: program.outputRecord, live: live)
        order = program.isInterleaved ? OutputOrder() : nil
        self.live = live
    }

    var isFollowing: Bool { live != nil }
    var isAwaiting: Bool { live?.isAwaited ?? false }

    var durationMilliseconds: Double { clock?.durationMilliseconds ?? 0 }

    func begins(_ process: any RunningProcess, after waited: UInt64) {
        self.process = process
        live?.hold()
        clock = ProgramClock(
            program.isTimed ? WallTimeLimit(program) : nil, processor: ProcessorTimeLimit(program), after: waited,
            ask: { [weak process] in process?.meter($0 ? .stall : []) }, stop: { [weak self] in self?.stop(for: $0) })
    }

    func started(pid: Int32?) {
        self.pid = pid
        live?.start()
    }

    func took(_ bytes: [UInt8], of stream: LiveOutput.Stream) -> Bool {
        order?.append(bytes.count, to: stream)
        let resume: @Sendable () -> Void = { [weak process] in
            Reactor.perform { process?.resume(stream) }
        }
        let mayGoOn =
            switch stream {
            case .stdout: stdout.append(bytes, resume: resume)
            case .stderr: stderr.append(bytes, resume: resume)
            }
        if program.stopsAtOutputLimit, stdout.isExceeded { stop(for: .outputLimit) }
        return mayGoOn
    }

    func used(_ meter: ProcessMeter) {
        lastMeter = meter
        if let peak = meter.memoryPeakBytes {
            memoryPeakBytes = peak
            // Only the answer to `measure` has the memory.
            tellMeasurement()
        }
        clock?.used(meter)
    }

    /// Asks for the processor time and the memory of the program. Waits for the answer or the end, and not longer than a second.
    func measure() async {
        guard let process else { return }
        lastMeasuring += 1
        let number = lastMeasuring
        let limit = Reactor.schedule(afterNanoseconds: Self.measuringTime) { [weak self] in
            self?.measuring.removeValue(forKey: number)?.resume()
        }
        await withCheckedContinuation { continuation in
            measuring[number] = continuation
            process.meter(.memory)
        }
        Reactor.cancel(limit)
    }

    private static let measuringTime: UInt64 = 1_000_000_000

    private func tellMeasurement() {
        let waiting = measuring
        measuring = [:]
        for continuation in waiting.values { continuation.resume() }
    }

    func paused(_ isPaused: Bool) {
        if isPaused { clock?.pause() } else { clock?.resume() }
    }

    func ended() {
        hasEnded = true
        clock?.end()
        live?.release()
        process = nil
        tellMeasurement()
    }

    /// Drops what only the start needs.
    func forgetStart() {
        (program.files, program.fileRegions, program.environment, program.stdin) = ([], [], [], [])
    }

    /// Kills the program, if it has not ended.
    func stop(for reason: ProgramStop) {
        guard !hasEnded, stopped == nil else { return }
        stopped = reason
        clock?.cancel()
        live?.release()
        process?.kill()
    }
}
