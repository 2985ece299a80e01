// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostConfinement
import OutpostLinux
import OutpostWire

/// A process that was cloned and is on its way to its program.
struct StartedProcess {
    let process: GuestProcess
    let ends: ProcessEnds

    /// Clones it. The program's ends of its streams are the child's alone when the caller drops the descriptors.
    ///
    /// - Parameters:
    ///   - files: written before the program starts.
    ///   - descriptors: what came with the request.
    ///   - isAlone: whether nothing else runs in the sandbox.
    /// - Throws: `SystemError`; nothing is left then.
    init(
        _ program: GuestProgram, _ files: [StagedFiles.File], _ descriptors: [Descriptor], _ view: CgroupView,
        isAlone: Bool
    ) throws(SystemError) {
        let attached = program.streams.attachedDescriptors
        ends = try ProcessEnds(of: program, attached: Array(descriptors.prefix(attached)))
        let all = ends.program + descriptors.dropFirst(attached)
        // The agent may look at itself, as every process may (proc(5)).
        let image = program.task == .worker ? try Descriptor.open("/proc/self/exe", .pathOnly) : nil
        let plan = ProgramSteps(
            program, files: files, descriptors: all.map(\.number), view: view, isAlone: isAlone,
            worker: image.map { ($0.number, Privileges.owner) })
        let failures = try Descriptor.pipe(nonBlockingRead: true)
        let child = try ChildProcess.clone(sandboxed: false, failures: failures.write, plan.steps)
        // The steps name the numbers of what these hold.
        withExtendedLifetime((all, image)) {}
        failures.write.closeNow()
        process = GuestProcess(program, child, plan, failures: failures.read, terminal: ends.terminal)
    }
}
