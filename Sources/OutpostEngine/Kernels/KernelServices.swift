// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore

/// What a kernel uses of the engine.
struct KernelServices: Sendable {
    let quotas: QuotaLedger
    let executions: ExecutionRegistry
    let policy: LimitPolicy
    let admission: Admission
    let output: OutputLine
    let work: FairWork
    let tasks: TaskOwner
    let clock: WallClock
    let logger: Logger
    /// Starts the sandbox if it is not running, and keeps it up.
    let hold: @Sendable (SandboxHold.Kind) async throws(OutpostError) -> SandboxHold
}
