// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostLinux
import OutpostWire

/// A process that has been cloned and runs the steps before its program.
struct StartedProcess {
    let process: GuestProcess
    let ends: ProcessEnds

    /// Clones the process. The caller must drop `descriptors` and `ends.program`, so that only the child has the program's ends
    /// of the streams.
    ///
    /// - Parameters:
    ///   - files: the staged files, written before the program starts.
    ///   - descriptors: the descriptors that came with the request.
    ///   - isAlone: whether no other program runs in the sandbox.
    /// - Throws: `SystemError`. Nothing is left then.
    init(
        _ program: GuestProgram, _ files: [StagedFiles.File], _ descriptors: [Descriptor], _ view: CgroupView,
        isAlone: Bool
    ) throws(SystemError) {
        let attached = program.streams.attachedDescriptors
        ends = try ProcessEnds(of: program, attached: Array(descriptors.prefix(attached)))
        let all = ends.program + descriptors.dropFirst(attached)
        // A process can always open its own /proc files through /proc/self (proc(5)).
        let image = program.task == .worker ? try Descriptor.open("/proc/self/exe", .pathOnly) : nil
        let plan = ProgramSteps(
            program, files: files, descriptors: all.map(\.number), view: view, isAlone: isAlone,
            worker: image.map { ($0.number, Privileges.owner) })
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        let child = try ChildProcess.clone(sandboxed: false, failures: failures.write, plan.steps)
        // The steps have only the numbers of descriptors, so the descriptors must stay open until the clone.
        withExtendedLifetime((all, image)) {}
        failures.write.closeNow()
        process = GuestProcess(program, child, plan, failures: failures.read, terminal: ends.terminal)
    }
}
