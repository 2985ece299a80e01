// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// A running program of any driver: its output, its clocks, and why it was stopped.
@Reactor
final class ProgramRun: ProcessListener {
    private let program: ProgramSpec
    private(set) var stdout: OutputCapture
    private(set) var stderr: OutputCapture
    /// The order of the writes to both streams. Nil when it is not recorded.
    private(set) var order: OutputOrder?
    /// Why the platform stopped the program. The first reason counts.
    private(set) var stopped: ProgramStop?
    private var process: (any RunningProcess)?
    private var clock: ProgramClock?
    private var hasEnded = false
    private let live: LiveOutput?

    /// Creates the run of a program.
    ///
    /// - Parameter live: receives the output while the program runs.
    init(_ program: ProgramSpec, live: LiveOutput?) {
        self.program = program
        stdout = OutputCapture(.stdout, record: program.outputRecord, live: live)
        stderr = OutputCapture(.stderr, record: program.outputRecord, live: live)
        order = program.isInterleaved ? OutputOrder() : nil
        self.live = live
    }

    var isFollowing: Bool { live != nil }

    var durationMilliseconds: Double { clock?.durationMilliseconds ?? 0 }

    func begins(_ process: any RunningProcess, after waited: UInt64) {
        self.process = process
        live?.hold()
        clock = ProgramClock(
            WallTimeLimit(program), processor: ProcessorTimeLimit(program), after: waited,
            ask: { [weak process] in process?.meter(withStall: $0) }, stop: { [weak self] in self?.stop(for: $0) })
    }

    func started() { live?.start() }

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

    func used(_ meter: ProcessMeter) { clock?.used(meter) }

    func paused(_ isPaused: Bool) {
        if isPaused { clock?.pause() } else { clock?.resume() }
    }

    func ended() {
        hasEnded = true
        clock?.end()
        live?.release()
        process = nil
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
