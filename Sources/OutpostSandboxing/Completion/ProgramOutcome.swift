// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux

/// Puts together what is known of a program that is over: its end, what it used, and what stopped it.
@Reactor
struct ProgramOutcome {
    private let run: ProgramRun
    private let exit: ProcessExit
    private let usage: ProcessUsage
    private let program: ProgramSpec

    init(_ run: ProgramRun, exit: ProcessExit, program: ProgramSpec) {
        self.run = run
        self.exit = exit
        self.program = program
        usage = exit.usage ?? ProcessUsage()
    }

    func result() throws(OutpostError) -> ProgramResult {
        let cause = cause
        let end: ProgramResult.End
        switch exit.end {
        case .exited where wasStopped, .signalled where wasStopped: end = .signalled(signalName(SignalNumber.kill))
        case .exited(let code): end = .exited(code)
        case .signalled(let signal): end = .signalled(signalName(signal))
        case .lost where cause != nil: end = .signalled(signalName(SignalNumber.kill))
        case .lost:
            throw .sandboxFailed(SystemError("hear from the sandbox", number: SystemError.connectionReset))
        case .refused(let failure): end = try refusal(failure, cause)
        }
        var result = ProgramResult(
            end: end, cause: cause, stdout: run.stdout.output, stderr: run.stderr.output,
            durationMilliseconds: run.durationMilliseconds,
            cpuTimeMilliseconds: Double(usage.cpuMicroseconds) / 1000, memoryPeakBytes: memoryPeak(cause))
        result.order = run.order
        result.message = message
        return result
    }

    private var message: String? {
        guard exit.isLeft else { return nil }
        let unknown = exit.usage == nil ? "the run's use of resources is unknown, and " : ""
        return "a killed process of the run has not ended yet; \(unknown)the server gave up the sandbox"
    }

    /// Without the files that are left, since files are no memory of the program's, unless memory is what it ran out of.
    /// What the kernel charges may be above a limit for a moment (memcontrol.c, `try_charge_memcg`, `force`).
    private func memoryPeak(_ cause: ProgramResult.Cause?) -> Int {
        let files = cause == .memory ? 0 : usage.fileBytes
        let peak = usage.memoryPeakBytes - min(files, usage.memoryPeakBytes)
        return min(Int(clamping: peak), program.limits.memoryMiB << 20)
    }

    /// Whether the platform ended it. Its own end may have come in the same moment, but only one of the two can be told.
    private var wasStopped: Bool { stopped != nil || isOverProcessorTime }

    /// A program whose wall time grows by what it was kept from the processor, and that has ended by itself, has not
    /// been stopped: whoever reports its end was kept from the processor, too.
    private var stopped: ProgramStop? {
        if case .exited = exit.end, run.stopped == .wallTime, program.starvedMilliseconds != nil { return nil }
        return run.stopped
    }

    /// Even when it ended just before it was seen: how soon somebody looks is not the program's.
    private var isOverProcessorTime: Bool {
        ProcessorTimeLimit(program)?.isExceeded(by: usage.cpuMicroseconds) ?? false
    }

    /// A program that was stopped for its time has not been killed for memory at the same moment: the kernel's counter
    /// is the surer of the two, so it comes first.
    private var cause: ProgramResult.Cause? {
        if usage.memoryKills > 0 || exit.isOutOfMemory { return .memory }
        if stopped == .cancelled { return .cancelled }
        if isOverProcessorTime || stopped == .processorTime { return .processorTime }
        if stopped == .wallTime { return .timeout }
        if stopped == .outputLimit { return .outputLimit }
        if case .exited(0) = exit.end { return nil }
        if case .refused(let failure) = exit.end, case .file = failure.stage, failure.errno == SystemError.noSpace {
            return .diskFull
        }
        if isHeapFull { return .memory }
        return isDiskFull ? .diskFull : nil
    }

    /// Node.js has a heap that fits its memory, so that it collects garbage in time, and ends itself when that is full, before
    /// the kernel could. Only with its own words: any program may abort. And only of one that has used a third of its memory,
    /// which that heap always is with what is around it, and one that the client made small is not.
    private var isHeapFull: Bool {
        guard case .signalled(SignalNumber.abort) = exit.end,
            usage.memoryPeakBytes >= (UInt64(program.limits.memoryMiB) << 20) / 3
        else { return false }
        let text = String(decoding: run.stderr.output.bytes.suffix(16_384), as: UTF8.self)
        return text.contains("JavaScript heap out of memory")
    }

    /// The kernel does not tell that a write was refused, only what is left afterwards. A few blocks may be left in any
    /// case; and up to a few MiB when the refused write was a large one, which only the program's own words tell from a
    /// program that failed for another reason on a disk that was nearly full.
    private var isDiskFull: Bool {
        if usage.freeFiles == 0 { return true }
        guard let free = usage.freeBytes else { return false }
        if free < 65_536 { return true }
        return free < 4 << 20 && [run.stdout, run.stderr].contains { saysThatDiskIsFull($0.output.bytes) }
    }

    private func saysThatDiskIsFull(_ output: [UInt8]) -> Bool {
        let text = String(decoding: output.suffix(16_384), as: UTF8.self)
        return text.contains(errorText(SystemError.noSpace)) || text.contains("ENOSPC")
    }

    private func refusal(
        _ failure: StartFailure, _ cause: ProgramResult.Cause?
    ) throws(OutpostError) -> ProgramResult.End {
        let reason = errorText(failure.errno)
        if cause != nil { return .notStarted("outpost: \(failure.detail): \(reason)\n") }
        switch failure.stage {
        case .execute:
            let isMissing = failure.errno == SystemError.notFound || failure.errno == SystemError.notADirectory
            return .notStarted(
                "outpost: \(program.arguments.first ?? ""): \(reason)\n", code: isMissing ? 127 : 126)
        case .directory: throw .parameter(.invalidRequest, .workingDirectory, "cannot be entered: \(reason)")
        case .file(let position):
            let paths = program.files.map(\.path) + program.fileRegions.map(\.path)
            let path = paths.indices.contains(position) ? paths[position] : ""
            // The code's place has the directory's name in it, so that is what the caller can change.
            if path.isEmpty || program.folder?.contains(path) == true {
                throw .parameter(.invalidRequest, .workingDirectory, "leaves no place for the code: \(reason)")
            }
            throw OutpostError(
                .invalidRequest, "\(path) cannot be written: \(reason)",
                details: [ParameterProblem(.files, "\(path): \(reason)")])
        case .setup: throw .sandboxFailed(SystemError(failure.detail, number: failure.errno))
        }
    }
}

extension OutpostError {
    /// A failure of the platform's, and not of the program's.
    public static func sandboxFailed(_ cause: any Error) -> OutpostError {
        OutpostError(.internal, "the sandbox failed", cause: cause)
    }
}
