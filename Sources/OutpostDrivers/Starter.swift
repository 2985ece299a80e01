// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// How an interpreter is started before its program is known.
public struct Starter: Hashable, Sendable {
    /// The interpreters that can be.
    public enum Interpreter: String, Hashable, Sendable {
        /// Forked from one that runs already.
        case python
        /// Started in the sandbox that it will run in.
        case node
    }

    public var interpreter: Interpreter
    /// Modules that are imported ahead, in this order.
    public var preload: [String]

    public init(_ interpreter: Interpreter, preload: [String] = []) {
        self.interpreter = interpreter
        self.preload = preload
    }

    /// MiB that a run must be allowed to use to start from an interpreter that is there: less than it may have written
    /// already cannot be asked of it.
    public var leastMemoryMiB: Int { preload.isEmpty ? 64 : 512 }

    /// Whether one more is a copy, which is quicker to make than a start from nothing.
    public var isCopied: Bool { interpreter == .python }

    /// Whether the interpreter reads a variable of this name at its start, so that one that runs already cannot be given
    /// another value.
    public func isFixed(_ name: String) -> Bool {
        let own = interpreter == .python ? "PYTHON" : "NODE_"
        return [own, "LANG", "LC_", "LD_", "MALLOC_", "GLIBC_", "GCONV_", "OUTPOST_"].contains {
            name.utf8.starts(with: $0.utf8)
        }
    }

    /// Whether such a program can start from an interpreter that waits: nothing that is set when a process starts may differ,
    /// nor may its streams be others. Node.js chooses then how it writes to them.
    public func canStart(_ program: ProgramSpec) -> Bool {
        !program.limits.areOfProcess && program.pipes == nil && !(program.isInterleaved && interpreter == .node)
    }
}

/// What programs must have in common to start from one and the same interpreter.
public struct StartingPoint: Hashable, Sendable {
    public let starter: Starter
    public let sandbox: SandboxSpec
    /// The program without what it is given when it starts: its further arguments, files, input, limits but that of its
    /// disk, and all variables that the interpreter does not read at its start. Its limits are those of waiting.
    public let program: ProgramSpec

    /// - Parameters:
    ///   - commandLength: how many of the program's arguments are known before it is.
    ///   - limits: those of waiting. Best what most programs ask for, so that most find them in force already.
    public init(
        _ starter: Starter, sandbox: SandboxSpec, program: ProgramSpec, commandLength: Int,
        waiting limits: ResourceLimits
    ) {
        self.starter = starter
        self.sandbox = sandbox
        var program = program
        program.arguments = Array(program.arguments.prefix(commandLength))
        program.environment = program.environment.filter { starter.isFixed($0.name) }
        program.files = []
        program.folder?.options.insert(.waits)
        program.stdin = []
        program.pipes = nil
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
