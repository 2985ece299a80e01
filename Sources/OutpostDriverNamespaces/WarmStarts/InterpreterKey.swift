// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// What programs must have in common to use the same warm interpreter.
struct InterpreterKey: Hashable, Sendable {
    let interpreter: WarmInterpreter
    let sandbox: SandboxSpec
    /// The program without everything that it gets only at its start: its other arguments, files, input, limits except
    /// the disk's, and the variables that the interpreter does not read at its start. The limits are those of the wait.
    let program: ProgramSpec

    /// Creates the key.
    ///
    /// - Parameters:
    ///   - commandLength: how many of the program's arguments are known before the program.
    ///   - limits: the limits of the wait. They should be the limits of most programs; then most programs need no
    ///     change.
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
        program.isInputOpen = false
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
    /// Returns the key for a program, or nil when it cannot use a warm interpreter. Only the default preset can,
    /// because the filters of the zygote also apply.
    init?(for program: ProgramSpec, in sandbox: SandboxSpec) {
        guard let hint = program.warm, let interpreter = WarmInterpreter(hint), program.seccompEnabled,
            program.preset == .default,
            interpreter.canStart(program)
        else { return nil }
        // A forked interpreter has loaded modules of the image. A layer may have replaced them.
        if interpreter.isForked && !sandbox.layers.isEmpty { return nil }
        let settings = program.environment.filter { interpreter.isFixed($0.name) }
        guard settings == hint.usualEnvironment.filter({ interpreter.isFixed($0.name) }),
            program.workingDirectory == hint.usualDirectory, program.folder?.root == hint.usualFolder,
            program.limits.memoryMiB >= interpreter.leastMemoryMiB
        else { return nil }
        var waiting = hint.waiting
        // Not more than this run may use, which is at most the maximum.
        waiting.memoryMiB = max(waiting.memoryMiB, interpreter.leastMemoryMiB)
        self.init(
            interpreter, sandbox: sandbox, program: program, commandLength: hint.commandLength, waiting: waiting)
    }

    /// The zygote of a forked interpreter. It does not depend on the interpreter's limits.
    private struct Source: Hashable {
        let interpreter: WarmInterpreter
        let arguments: [String]
    }

    /// The key in the form that the engine uses.
    var warmKey: WarmKey {
        let source = Source(interpreter: interpreter, arguments: program.arguments)
        return WarmKey(
            self, namespace: sandbox.namespace, source: interpreter.isForked ? OpaqueValue(source) : nil)
    }
}
