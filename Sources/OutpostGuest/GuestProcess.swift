// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostLinux
import OutpostWire

/// A process that the host started, with what the agent needs until its end.
struct GuestProcess {
    let number: UInt32
    let pid: Int32
    let uid: UInt32
    let gid: UInt32
    let reports: GuestProgram.Reports
    /// The program's ids and run folder, for the clean-up after its end.
    let program: GuestProgram
    /// The pipe that reports a failed step. It ends when the program is executed.
    let failures: Descriptor
    /// The steps, to report a failed one.
    let plan: ProgramSteps
    var lifecycle = ProcessLifecycle()
    /// The host's end of its terminal and the number of the terminal's stream. Nil without one and after a hang-up.
    var terminal: (stream: UInt32, host: Descriptor)?

    init(
        _ program: GuestProgram, _ child: ChildProcess, _ plan: consuming ProgramSteps, failures: Descriptor,
        terminal: (stream: UInt32, host: Descriptor)?
    ) {
        number = program.process
        pid = child.pid
        uid = program.uid
        gid = program.gid
        reports = program.reports
        self.program = program.forWaiting
        self.failures = failures
        self.plan = plan.forRefusal
        self.terminal = terminal
    }

    /// Reads the result of the start. Call it when `failures` is readable, or after the end of the process.
    func start() throws(SystemError) -> ProcessLifecycle.Event {
        guard let failure = try ChildProcess.failure(from: failures) else { return .executed }
        return .stepFailed(failure)
    }
}

extension GuestProgram {
    /// The part of the program that is needed until its end.
    fileprivate var forWaiting: GuestProgram {
        var short = GuestProgram(
            process: process, descriptors: 0, uid: uid, gid: gid, arguments: [], environment: [], directory: "",
            limits: [], filters: [], folder: folder)
        short.task = task
        return short
    }
}
