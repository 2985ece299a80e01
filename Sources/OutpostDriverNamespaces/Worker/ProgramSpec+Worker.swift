// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

extension ProgramSpec {
    /// How the worker of a sandbox is held: as the sandbox's programs are.
    ///
    /// The files that it writes to memory count as its own, so it may have as much as the sandbox, and what it needs itself.
    static func worker(in sandbox: SandboxSpec) -> ProgramSpec {
        var limits = ResourceLimits.shippedDefaults
        limits.memoryMiB = sandbox.memoryMiB + ownMemoryMiB
        limits.maxProcesses = 1
        limits.diskMiB =
            switch sandbox.storage {
            case .memory(let mebibytes), .disk(_, let mebibytes): mebibytes
            }
        var program = ProgramSpec(
            arguments: [], environment: [], workingDirectory: "/", user: sandbox.user, limits: limits)
        program.isInputOpen = true
        return program
    }

    private static let ownMemoryMiB = 32
}
