// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostLinux
import OutpostWire

/// A process of the host's: what the agent must know of it until it ends.
struct GuestProcess {
    let number: UInt32
    let pid: Int32
    let uid: UInt32
    let gid: UInt32
    let reports: GuestProgram.Reports
    /// What decides which folder is taken away when it has ended.
    let program: GuestProgram
    /// Where it says that a step failed; ends when its program is executed.
    let failures: Descriptor
    /// Tells what a failed step means.
    let plan: ProgramSteps
    var lifecycle = ProcessLifecycle()
    /// Its terminal and the number of that one's stream, if it has one and the host has not hung up.
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

    /// What it says of its start, which is there when it has ended.
    func start() throws(SystemError) -> ProcessLifecycle.Event {
        guard let failure = try ChildProcess.failure(from: failures) else { return .executed }
        return .stepFailed(failure)
    }
}

extension GuestProgram {
    /// What is needed of it until it ends.
    fileprivate var forWaiting: GuestProgram {
        var short = GuestProgram(
            process: process, descriptors: 0, uid: uid, gid: gid, arguments: [], environment: [], directory: "",
            limits: [], filters: [], folder: folder)
        short.task = task
        return short
    }
}
