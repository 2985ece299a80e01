// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
import OutpostWire

/// Puts together what the agent reported and what the host measured; where they could disagree, the host is right.
@Reactor
struct ProgramOutcome {
    let session: RunSession
    let ending: RunSession.Ending
    let usage: RunUsage
    let program: ProgramSpec

    func result() throws(OutpostError) -> ProgramResult {
        let cause = cause
        let end: ProgramResult.End
        switch ending {
        case .exited where wasStopped, .signalled where wasStopped: end = .signalled(signalName(SignalNumber.kill))
        case .exited(let code): end = .exited(code)
        case .signalled(let signal): end = .signalled(signalName(signal))
        case .sandboxDied where cause != nil: end = .signalled(signalName(SignalNumber.kill))
        case .sandboxDied:
            throw SandboxInstance.lost(SystemError("talk to the guest agent", number: SystemError.connectionReset))
        case .refused(let stage, let position, let errno, let detail):
            end = try refusal(stage, position, errno, detail, cause)
        }
        var result = ProgramResult(
            end: end, cause: cause, stdout: session.stdout.output, stderr: session.stderr.output,
            durationMilliseconds: session.durationMilliseconds,
            cpuTimeMilliseconds: Double(usage.cpuMicroseconds) / 1000, memoryPeakBytes: memoryPeak(cause))
        result.order = session.order
        return result
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
    private var stopped: RunSession.Stop? {
        if case .exited = ending, session.stopped == .wallTime, program.starvedMilliseconds != nil { return nil }
        return session.stopped
    }

    /// Even when it ended just before it was seen: how soon somebody looks is not the program's.
    private var isOverProcessorTime: Bool {
        ProcessorTimeLimit(program)?.isExceeded(by: usage.cpuMicroseconds) ?? false
    }

    /// A program that was stopped for its time has not been killed for memory at the same moment: the kernel's counter
    /// is the surer of the two, so it comes first.
    private var cause: ProgramResult.Cause? {
        if usage.memoryKills > 0 || session.isOutOfMemory { return .memory }
        if stopped == .cancelled { return .cancelled }
        if isOverProcessorTime || stopped == .processorTime { return .processorTime }
        if stopped == .wallTime { return .timeout }
        if stopped == .outputLimit { return .outputLimit }
        if case .exited(0) = ending { return nil }
        if case .refused(.file, _, SystemError.noSpace, _) = ending { return .diskFull }
        if isHeapFull { return .memory }
        return isDiskFull ? .diskFull : nil
    }

    /// Node.js has a heap that fits its memory, so that it collects garbage in time, and ends itself when that is full, before
    /// the kernel could. Only with its own words: any program may abort. And only of one that has used a third of its memory,
    /// which that heap always is with what is around it, and one that the client made small is not.
    private var isHeapFull: Bool {
        guard case .signalled(SignalNumber.abort) = ending,
            usage.memoryPeakBytes >= (UInt64(program.limits.memoryMiB) << 20) / 3
        else { return false }
        let text = String(decoding: session.stderr.output.bytes.suffix(16_384), as: UTF8.self)
        return text.contains("JavaScript heap out of memory")
    }

    /// The kernel does not tell that a write was refused, only what is left afterwards. A few blocks may be left in any
    /// case; and up to a few MiB when the refused write was a large one, which only the program's own words tell from a
    /// program that failed for another reason on a disk that was nearly full.
    private var isDiskFull: Bool {
        if usage.freeFiles == 0 { return true }
        guard let free = usage.freeBytes else { return false }
        return free < 65_536 || (free < 4 << 20 && saysThatDiskIsFull(session.stderr.output.bytes))
    }

    private func saysThatDiskIsFull(_ output: [UInt8]) -> Bool {
        let text = String(decoding: output.suffix(16_384), as: UTF8.self)
        return text.contains(errorText(SystemError.noSpace)) || text.contains("ENOSPC")
    }

    private func refusal(
        _ stage: GuestEvent.Stage, _ position: Int, _ errno: Int32, _ detail: String, _ cause: ProgramResult.Cause?
    ) throws(OutpostError) -> ProgramResult.End {
        let reason = errorText(errno)
        if cause != nil { return .notStarted("outpost: \(detail): \(reason)\n") }
        switch stage {
        case .execute:
            let isMissing = errno == SystemError.notFound || errno == SystemError.notADirectory
            return .notStarted(
                "outpost: \(program.arguments.first ?? ""): \(reason)\n", code: isMissing ? 127 : 126)
        case .directory: throw .field(.invalidRequest, "working_dir", "cannot be entered: \(reason)")
        case .file:
            let paths = program.files.map(\.path) + program.hostFiles.map(\.path)
            let path = paths.indices.contains(position) ? paths[position] : ""
            // The code's place has the directory's name in it, so that is what the caller can change.
            if path.isEmpty || program.folder?.contains(path) == true {
                throw .field(.invalidRequest, "working_dir", "leaves no place for the code: \(reason)")
            }
            throw OutpostError(
                .invalidRequest, "\(path) cannot be written: \(reason)",
                details: [FieldProblem(field: "files", problem: "\(path): \(reason)")])
        case .setup: throw SandboxInstance.lost(SystemError(detail, number: errno))
        }
    }
}

extension RunUsage {
    /// Of a run about which the spawner has not answered.
    static let unknown = RunUsage(
        cpuMicroseconds: 0, memoryPeakBytes: 0, memoryKills: 0, processRefusals: 0, freeBytes: nil, freeFiles: nil)
}
