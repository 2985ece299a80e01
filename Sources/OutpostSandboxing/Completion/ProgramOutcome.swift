// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux

/// Makes the result of a program from its end, its usage, and the reason why it was stopped.
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

    /// Returns the result of the program.
    ///
    /// - Throws: `invalid_request` when a file or the working directory cannot be used; `internal` when the sandbox
    ///   failed.
    func result() throws(OutpostError) -> ProgramResult {
        let cause = cause
        let end: ProgramResult.End
        switch exit.end {
        case .exited where wasStopped, .signalled where wasStopped: end = .signalled(signalName(SignalNumber.kill))
        case .exited(let code): end = .exited(code)
        case .signalled(let signal): end = .signalled(signalName(signal))
        case .lost where cause != nil: end = .signalled(signalName(SignalNumber.kill))
        case .lost:
            throw .sandboxFailed(
                SystemError("receive the end of the program from the sandbox", number: SystemError.connectionReset))
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

    /// The memory peak without files in memory, because files are not the program's memory. If the program ran out of
    /// memory, files count too. The kernel may charge more than the limit for a short time (memcontrol.c,
    /// `try_charge_memcg`, `force`).
    private func memoryPeak(_ cause: ProgramResult.Cause?) -> Int {
        let files = cause == .memory ? 0 : usage.fileBytes
        let peak = usage.memoryPeakBytes - min(files, usage.memoryPeakBytes)
        return min(Int(clamping: peak), program.limits.memoryMiB << 20)
    }

    /// Whether the platform stopped the program. The program may have ended at the same moment, but the result has only
    /// one cause.
    private var wasStopped: Bool { stopped != nil || isOverProcessorTime }

    /// Why the platform stopped the program. With an elastic limit, a program that exited was not stopped: the reader
    /// of its exit may have waited for a processor too.
    private var stopped: ProgramStop? {
        if case .exited = exit.end, run.stopped == .wallTime, program.starvedMilliseconds != nil { return nil }
        return run.stopped
    }

    /// Whether the program has used too much processor time. This includes a program that ended before the server read
    /// the time: the result must not depend on when the server reads.
    private var isOverProcessorTime: Bool {
        ProcessorTimeLimit(program)?.isExceeded(by: usage.cpuMicroseconds) ?? false
    }

    /// The cause of the end. The kernel's counter of memory kills is reliable, so it comes first.
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

    /// Whether Node.js ran out of heap. Its heap limit is below the memory limit, so it aborts before the kernel kills
    /// it. Two conditions avoid false results: Node.js has written its message, because any program may abort; and the
    /// program has used a third of its memory, because a client may have set a smaller heap.
    private var isHeapFull: Bool {
        guard case .signalled(SignalNumber.abort) = exit.end,
            usage.memoryPeakBytes >= (UInt64(program.limits.memoryMiB) << 20) / 3
        else { return false }
        let text = String(decoding: run.stderr.output.bytes.suffix(16_384), as: UTF8.self)
        return text.contains("JavaScript heap out of memory")
    }

    /// Whether a full disk made the program fail. The kernel does not report a refused write, only the free space
    /// afterwards. A few blocks may always be left. After a refused large write a few MiB may be left; then the
    /// program's own error message must confirm it.
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
            // The path of the code contains the working directory, and the client can change only that.
            if path.isEmpty || program.folder?.contains(path) == true {
                throw .parameter(.invalidRequest, .workingDirectory, "cannot hold the code of the program: \(reason)")
            }
            throw OutpostError(
                .invalidRequest, "\(path) cannot be written: \(reason)",
                details: [ParameterProblem(.files, "\(path): \(reason)")])
        case .setup: throw .sandboxFailed(SystemError(failure.detail, number: failure.errno))
        }
    }
}

extension OutpostError {
    /// The error for a failure of the platform that the program did not cause.
    public static func sandboxFailed(_ cause: any Error) -> OutpostError {
        OutpostError(.internal, "the sandbox failed", cause: cause)
    }
}
