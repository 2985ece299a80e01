// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
import OutpostWire

@testable import OutpostDriverNamespaces

/// A run without a sandbox: its kill ends it at once, as SIGKILL would.
@Reactor
final class RunFixture {
    let session: RunSession
    private(set) var kills = 0
    /// A byte in it is the kernel's memory alarm.
    private let alarm: Descriptor

    /// - Parameters:
    ///   - deadly: which kill ends the program; nil for none.
    ///   - stopsAtLimit: whether it is killed when it writes more than `outputLimit`.
    ///   - meters: whether a look has an answer.
    ///   - meter: what it has used of the processor at each look.
    init(
        stdin: [UInt8] = [], outputLimit: Int = 1024, stopsAtLimit: Bool = false, deadly: Int? = 1,
        meters: Bool = true,
        meter: @escaping @Reactor () -> RunMeter = { RunMeter(cpuMicroseconds: 0) }
    ) throws {
        let pipe = try Descriptor.pipe()
        alarm = pipe.write
        let box = Box()
        session = try RunSession(
            id: 1, alarm: pipe.read, threads: BlockingPool(limit: 2),
            kill: { session in
                box.fixture?.kills += 1
                if box.fixture?.kills == deadly { session.end(.signalled(SignalNumber.kill)) }
            }, meter: { if meters { $0.metered(meter()) } }, giveUp: {})
        try session.begin(
            stdin: stdin, keeping: OutputRecord(limit: outputLimit, keep: .head), stopsAtLimit: stopsAtLimit)
        box.fixture = self
    }

    /// The kill needs the fixture before the fixture is whole.
    @Reactor
    private final class Box {
        weak var fixture: RunFixture?
    }

    func ringAlarm() throws { try alarm.writeAll([1]) }

    /// What is made of a run that ended so.
    func result(
        _ ending: RunSession.Ending, usage: RunUsage = .plain, arguments: [String] = ["prog"],
        files: [SandboxFile] = [], cpuTime: Int? = nil, starved: Int? = nil
    ) throws(OutpostError) -> ProgramResult {
        var program = ProgramSpec(
            arguments: arguments, environment: [], workingDirectory: "/w", user: .sandbox, files: files,
            limits: .shippedDefaults)
        program.cpuTimeMilliseconds = cpuTime
        program.starvedMilliseconds = starved
        program.folder = RunFolder(root: "/own", workingDirectory: "/w")
        return try ProgramOutcome(session: session, ending: ending, usage: usage, program: program).result()
    }
}

extension RunUsage {
    /// A run that met no limit.
    static let plain = RunUsage(
        cpuMicroseconds: 1500, memoryPeakBytes: 4096, memoryKills: 0, processRefusals: 0, freeBytes: 1 << 30,
        freeFiles: 1000)

    static func with(
        cpuMicroseconds: UInt64 = 1500, memoryKills: UInt64 = 0, freeBytes: UInt64? = 1 << 30,
        freeFiles: UInt64? = 1000
    ) -> RunUsage {
        var usage = plain
        usage.cpuMicroseconds = cpuMicroseconds
        usage.memoryKills = memoryKills
        usage.freeBytes = freeBytes
        usage.freeFiles = freeFiles
        return usage
    }
}
