// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

extension ProgramSpec {
    /// Returns the worker of a sandbox as a program, with the user and limits of the sandbox.
    ///
    /// Files in memory that it writes count as its own memory. Therefore it may use the sandbox's memory and its own.
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
