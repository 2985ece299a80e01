// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// The processors of the run. The cgroup's quota limits the processor time. The processor set tells the program how
/// many processors it has.
extension NamespaceRun {
    /// One plan for the whole server, because all runs share the processors.
    private static var plan = ProcessorPlan(.allowed())
    /// The processors of the last run in each slot.
    private static var last: [UInt32: ProcessorSet] = [:]

    /// Assigns processors before the program starts.
    ///
    /// - Parameters:
    ///   - waits: whether it is a warm interpreter.
    ///   - slot: the slot of its sandbox.
    /// - Returns: the processors. An empty set means all.
    func assignProcessors(_ limits: ResourceLimits, waits: Bool, slot: UInt32) -> ProcessorSet {
        processors = Self.plan.assign(
            id, cores: limits.cpuCores, waits: waits, after: Self.last[slot] ?? ProcessorSet())
        Self.last[slot] = processors
        return processors
    }

    /// Counts a warm interpreter as running, and moves it if other processors are better. The spawner moves it before
    /// it handles later calls.
    func beginOnProcessors(_ limits: ResourceLimits, _ spawner: SpawnerClient) {
        let chosen = Self.plan.begin(id, cores: limits.cpuCores)
        if chosen == processors { return }
        processors = chosen
        spawner.tell(.setAffinity(run: id, chosen))
    }

    /// Frees the processors, and moves another run if that improves the balance.
    func releaseProcessors(_ spawner: SpawnerClient) {
        forgetProcessors()
        guard let (run, processors) = Self.plan.move() else { return }
        spawner.tell(.setAffinity(run: run, processors))
    }

    /// Frees the processors.
    func forgetProcessors() { Self.plan.end(id) }
}
