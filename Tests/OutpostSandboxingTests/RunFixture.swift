// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import Testing

@testable import OutpostSandboxing

/// A program that runs as a process which is nothing but what the test makes of it.
@Reactor
final class RunFixture {
    let run: ProgramRun
    let process: ScriptedProcess
    private var program: ProgramSpec

    /// - Parameters:
    ///   - waited: nanoseconds of its time that are over when it starts.
    ///   - change: what is special about the program, whose output limit is 1,024 bytes.
    ///   - meter: what it has used at each look; nil leaves the look without an answer.
    init(
        after waited: UInt64 = 0, live: LiveOutput? = nil, _ change: (inout ProgramSpec) -> Void = { _ in },
        meter: @escaping @Reactor () -> ProcessMeter? = { ProcessMeter(cpuMicroseconds: 0) }
    ) {
        var program = ProgramSpec(
            arguments: ["prog"], environment: [], workingDirectory: "/w", user: .sandbox, limits: .shippedDefaults)
        program.limits.maxOutputBytes = 1024
        program.limits.timeoutMilliseconds = 3_600_000
        program.outputKeep = .head
        program.folder = RunFolder(root: "/own", workingDirectory: "/w")
        change(&program)
        self.program = program
        run = ProgramRun(program, live: live)
        process = ScriptedProcess(run, meter: meter)
        run.begins(process, after: waited)
    }

    /// What is made of a program that ended so.
    func result(
        _ end: ProcessExit.End, usage: ProcessUsage = .plain, isOutOfMemory: Bool = false, arguments: [String]? = nil,
        files: [SandboxFile] = [], cpuTime: Int? = nil, starved: Int? = nil
    ) throws(OutpostError) -> ProgramResult {
        run.ended()
        var program = program
        program.arguments = arguments ?? program.arguments
        program.files = files
        program.cpuTimeMilliseconds = cpuTime
        program.starvedMilliseconds = starved
        let exit = ProcessExit(end, isOutOfMemory: isOutOfMemory, usage: usage)
        return try ProgramOutcome(run, exit: exit, program: program).result()
    }
}

/// Does nothing but count what it is asked.
@Reactor
final class ScriptedProcess: RunningProcess {
    private(set) var kills = 0
    private(set) var looks = 0
    private weak var listener: ProgramRun?
    private let answer: @Reactor () -> ProcessMeter?
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ listener: ProgramRun, meter: @escaping @Reactor () -> ProcessMeter?) {
        self.listener = listener
        answer = meter
    }

    /// The streams that were resumed.
    private(set) var resumed: [LiveOutput.Stream] = []
    func resume(_ stream: LiveOutput.Stream) { resumed.append(stream) }
    func write(_ bytes: [UInt8]) {}
    func closeInput() {}
    func whenInputIsTaken(_ action: @escaping @Reactor () -> Void) { action() }
    func signal(_ number: Int32, group: Bool) {}
    func resize(_ size: ProcessTerminal) {}

    func kill() {
        kills += 1
        listener?.ended()
        waiter?.resume()
        waiter = nil
    }

    func meter(_ counters: ProcessMeter.Counters) {
        looks += 1
        if var meter = answer() {
            if !counters.contains(.stall) { meter.stallMicroseconds = nil }
            listener?.used(meter)
        }
    }

    /// Returns when it is killed.
    func waitForKill() async {
        if kills == 0 { await withCheckedContinuation { waiter = $0 } }
    }

    func wait() async -> Result<ProcessExit, OutpostError> {
        await waitForKill()
        return .success(ProcessExit(.signalled(SignalNumber.kill)))
    }
}

extension ProcessUsage {
    /// Of a program that met no limit.
    static let plain = ProcessUsage(
        cpuMicroseconds: 1500, memoryPeakBytes: 4096, freeBytes: 1 << 30, freeFiles: 1000)

    static func with(
        cpuMicroseconds: UInt64 = 1500, memoryKills: UInt64 = 0, freeBytes: UInt64? = 1 << 30,
        freeFiles: UInt64? = 1000
    ) -> ProcessUsage {
        var usage = plain
        usage.cpuMicroseconds = cpuMicroseconds
        usage.memoryKills = memoryKills
        usage.freeBytes = freeBytes
        usage.freeFiles = freeFiles
        return usage
    }
}
