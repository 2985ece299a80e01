// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Which processors the run is held to. The quota of its cgroup bounds what it uses; this tells it.
extension ProgramRun {
    /// One for the process, as the processors are.
    private static var plan = ProcessorPlan(.allowed())
    /// Those of the last run in each slot.
    private static var last: [UInt32: ProcessorSet] = [:]

    /// Chooses them, for a program that is about to be started.
    ///
    /// - Parameters:
    ///   - waits: whether it is an interpreter that waits for its program.
    ///   - slot: of its sandbox.
    /// - Returns: none where it may use all.
    func assignProcessors(_ limits: ResourceLimits, waits: Bool, slot: UInt32) -> ProcessorSet {
        processors = Self.plan.assign(
            id, cores: limits.cpuCores, waits: waits, after: Self.last[slot] ?? ProcessorSet())
        Self.last[slot] = processors
        return processors
    }

    /// Has a waiting interpreter's program count as running, and has it moved if it is to run elsewhere. What is told here the
    /// spawner does before a call that is made after it.
    func beginOnProcessors(_ limits: ResourceLimits, _ spawner: SpawnerClient) {
        let chosen = Self.plan.begin(id, cores: limits.cpuCores)
        if chosen == processors { return }
        processors = chosen
        spawner.tell(.place(run: id, chosen))
    }

    /// Frees them, and has another run go on where there is less to do now.
    func releaseProcessors(_ spawner: SpawnerClient) {
        forgetProcessors()
        guard let (run, processors) = Self.plan.move() else { return }
        spawner.tell(.place(run: run, processors))
    }

    /// Frees them.
    func forgetProcessors() { Self.plan.end(id) }
}
