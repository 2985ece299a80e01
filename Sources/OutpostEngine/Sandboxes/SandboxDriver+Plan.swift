// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

extension SandboxDriver {
    /// Returns the key of the warm interpreter for a plan's program. Nil when the program starts cold.
    func warmKey(_ plan: RunPlan, in sandbox: Sandbox) -> WarmKey? {
        guard plan.run.warm != nil, let driver = self as? any WarmStarting else { return nil }
        return driver.warmKey(for: plan.run, in: plan.spec(sandbox))
    }

    /// Checks that the driver supports what the program asks for.
    ///
    /// - Throws: `unprocessable` when it does not.
    func check(_ program: ProgramSpec) throws(OutpostError) {
        guard !program.isInterleaved || capabilities.features.contains(.interleavedOutput) else {
            throw .parameter(
                .unprocessable, .interleaved, "is not available with the isolation \(capabilities.isolation)")
        }
    }

    /// Creates two pipes that connect two programs.
    ///
    /// - Throws: `unprocessable` when the driver does not support them; the driver's errors.
    func crossedPipes() throws(OutpostError) -> any CrossedPipes {
        guard let driver = self as? any PipeCrossing else {
            throw .parameter(
                .unprocessable, .interactor, "is not available with the isolation \(capabilities.isolation)")
        }
        return try driver.crossedPipes()
    }
}
