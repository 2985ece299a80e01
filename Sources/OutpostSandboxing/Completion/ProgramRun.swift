// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux

/// One program on its way to its end, in a sandbox of any driver: what it wrote, its clocks, and what stopped it.
@Reactor
final class ProgramRun: ProcessListener {
    private let program: ProgramSpec
    private(set) var stdout: OutputCapture
    private(set) var stderr: OutputCapture
    /// In which order the program wrote to both streams, when that was asked for.
    private(set) var order: OutputOrder?
    /// What the platform ended it for, if it did. The first reason counts.
    private(set) var stopped: ProgramStop?
    private var process: (any RunningProcess)?
    private var clock: ProgramClock?
    private var hasEnded = false
    let isFollowing: Bool

    /// - Parameter live: gets what it writes while it runs.
    init(_ program: ProgramSpec, live: LiveOutput?) {
        self.program = program
        stdout = OutputCapture(.stdout, record: program.outputRecord, live: live)
        stderr = OutputCapture(.stderr, record: program.outputRecord, live: live)
        order = program.isInterleaved ? OutputOrder() : nil
        isFollowing = live != nil
    }

    var durationMilliseconds: Double { clock?.durationMilliseconds ?? 0 }

    func begins(_ process: any RunningProcess, after waited: UInt64) {
        self.process = process
        clock = ProgramClock(
            WallTimeLimit(program), processor: ProcessorTimeLimit(program), after: waited,
            ask: { [weak process] in process?.meter(withStall: $0) }, stop: { [weak self] in self?.stop(for: $0) })
    }

    func took(_ bytes: [UInt8], of stream: LiveOutput.Stream) -> Bool {
        order?.append(bytes.count, to: stream)
        switch stream {
        case .stdout: stdout.append(bytes)
        case .stderr: stderr.append(bytes)
        }
        if program.stopsAtOutputLimit, stdout.isExceeded { stop(for: .outputLimit) }
        return true
    }

    func used(_ meter: ProcessMeter) { clock?.used(meter) }

    func ended() {
        hasEnded = true
        clock?.end()
        process = nil
    }

    /// Ends it, unless it has ended already.
    func stop(for reason: ProgramStop) {
        guard !hasEnded, stopped == nil else { return }
        stopped = reason
        clock?.cancel()
        process?.kill()
    }
}

extension RunningSandbox {
    /// Runs a program to its end, then kills what it left behind.
    ///
    /// Cancelling the task kills the program; the result says so.
    ///
    /// - Parameters:
    ///   - output: gets what it writes while it runs.
    ///   - onStart: called when the program is on its way and the host has nothing to do for it until it ends; not called
    ///     when it cannot be started.
    /// - Throws: `invalid_request` when a file or the working directory cannot be had inside the sandbox, `internal` when
    ///   the sandbox itself failed, `insufficient_storage` when the host's disk could not keep a write of its disk;
    ///   `unavailable` when the program never began and can be run in a sandbox that is brought up anew.
    @Reactor
    public func complete(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult {
        let run = ProgramRun(program, live: output)
        let process: any RunningProcess
        do throws(OutpostError) {
            process = try await start(program, listener: run)
        } catch {
            run.ended()
            throw error
        }
        onStart()
        let exit = await withTaskCancellationHandler {
            await process.wait()
        } onCancel: {
            Reactor.perform { run.stop(for: .cancelled) }
        }
        return try ProgramOutcome(run, exit: try exit.get(), program: program).result()
    }
}
