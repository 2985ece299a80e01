// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

extension SandboxDriver {
    /// What a plan's program must have in common with others to start from one interpreter; nil when it is started anew.
    func warmKey(_ plan: RunPlan, in sandbox: Sandbox) -> WarmKey? {
        guard plan.run.warm != nil, let driver = self as? any WarmStarting else { return nil }
        return driver.warmKey(for: plan.run, in: plan.spec(sandbox))
    }

    /// - Throws: `unprocessable` when the program asks for what sandboxes of this driver cannot do.
    func check(_ program: ProgramSpec) throws(OutpostError) {
        guard !program.isInterleaved || capabilities.features.contains(.interleavedOutput) else {
            throw .parameter(
                .unprocessable, .interleaved, "is not available with the isolation \(capabilities.isolation)")
        }
    }

    /// Two pipes for two programs that talk with each other.
    ///
    /// - Throws: `unprocessable` when sandboxes of this driver have none, and what the driver throws.
    func crossedPipes() throws(OutpostError) -> any CrossedPipes {
        guard let driver = self as? any PipeCrossing else {
            throw .parameter(
                .unprocessable, .interactor, "is not available with the isolation \(capabilities.isolation)")
        }
        return try driver.crossedPipes()
    }
}
