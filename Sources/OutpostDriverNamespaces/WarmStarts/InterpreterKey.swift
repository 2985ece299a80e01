// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// What programs must have in common to start from one and the same interpreter.
struct InterpreterKey: Hashable, Sendable {
    let interpreter: WarmInterpreter
    let sandbox: SandboxSpec
    /// The program without what it is given when it starts: its further arguments, files, input, limits but that of its
    /// disk, and all variables that the interpreter does not read at its start. Its limits are those of waiting.
    let program: ProgramSpec

    /// - Parameters:
    ///   - commandLength: how many of the program's arguments are known before it is.
    ///   - limits: those of waiting. Best what most programs ask for, so that most find them in force already.
    init(
        _ interpreter: WarmInterpreter, sandbox: SandboxSpec, program: ProgramSpec, commandLength: Int,
        waiting limits: ResourceLimits
    ) {
        self.interpreter = interpreter
        self.sandbox = sandbox
        var program = program
        program.arguments = Array(program.arguments.prefix(commandLength))
        program.environment = program.environment.filter { interpreter.isFixed($0.name) }
        program.files = []
        program.folder?.options.insert(.waits)
        program.stdin = []
        program.pipes = nil
        program.warm = nil
        program.outputKeep = .both
        program.isInterleaved = false
        program.cpuTimeMilliseconds = nil
        program.starvedMilliseconds = nil
        program.stopsAtOutputLimit = false
        program.usualStackMiB = ResourceLimits.ordinaryStackMiB
        let diskMiB = program.limits.diskMiB
        program.limits = limits
        program.limits.timeoutMilliseconds = 0
        program.limits.maxOutputBytes = 0
        program.limits.diskMiB = diskMiB
        self.program = program
    }
}

extension InterpreterKey {
    /// Where an interpreter can wait for this program, if one can. Only with the filters of the default preset, since those
    /// of the interpreter that it is forked from hold too.
    init?(for program: ProgramSpec, in sandbox: SandboxSpec) {
        guard let hint = program.warm, let interpreter = WarmInterpreter(hint), program.seccompEnabled,
            program.preset == .default,
            interpreter.canStart(program)
        else { return nil }
        // A copy has read modules of the image at its start, and not what layers put in their place.
        if interpreter.isForked && !sandbox.layers.isEmpty { return nil }
        let settings = program.environment.filter { interpreter.isFixed($0.name) }
        guard settings == hint.usualEnvironment.filter({ interpreter.isFixed($0.name) }),
            program.workingDirectory == hint.usualDirectory, program.folder?.root == hint.usualFolder,
            program.limits.memoryMiB >= interpreter.leastMemoryMiB
        else { return nil }
        var waiting = hint.waiting
        // No more than this run may use itself, which is no more than the maximum.
        waiting.memoryMiB = max(waiting.memoryMiB, interpreter.leastMemoryMiB)
        self.init(
            interpreter, sandbox: sandbox, program: program, commandLength: hint.commandLength, waiting: waiting)
    }

    /// What it is copied from, whatever the limits of the copy; nil when it is not copied.
    private struct Source: Hashable {
        let interpreter: WarmInterpreter
        let arguments: [String]
    }

    var warmKey: WarmKey {
        let source = Source(interpreter: interpreter, arguments: program.arguments)
        return WarmKey(
            self, namespace: sandbox.namespace, source: interpreter.isForked ? OpaqueValue(source) : nil)
    }
}
