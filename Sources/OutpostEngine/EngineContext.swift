// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing
import OutpostStore
import OutpostVolumes

/// The objects that all services of the engine share.
struct EngineContext: Sendable {
    let configuration: EngineConfiguration
    let stores: any OutpostStores
    let driver: any SandboxDriver
    let disks: any SandboxDisks & SealedDisks
    let languages: LanguageInventory
    let admission: Admission
    let quotas: QuotaLedger
    let output: OutputLine
    let work: FairWork
    let metrics: EngineMetrics
    /// Nil when every program is compiled each time.
    let compilations: CompilationCache?
    let pool: WarmPools
    let executions: ExecutionRegistry
    let processes: ProcessRegistry
    let kernels = KernelRegistry()
    /// Owns the background work that continues after its call.
    let tasks = TaskOwner()
    let clock: WallClock
    let logger: Logger
}
