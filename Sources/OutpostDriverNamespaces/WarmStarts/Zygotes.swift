// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

/// The live zygotes, one of each kind.
@Reactor
final class Zygotes {
    private let spawner: SpawnerClient
    private let filters: SeccompFilters
    private let threads: TenantThreads
    /// The slots that are reserved for zygotes.
    private let slots: UIDRangePool
    private let probeLimits: ResourceLimits
    private var tasks: [Zygote.Kind: Task<Result<Zygote, OutpostError>, Never>] = [:]

    nonisolated init(
        spawner: SpawnerClient, filters: SeccompFilters, threads: TenantThreads, slots: UIDRangePool,
        probeLimits: ResourceLimits
    ) {
        self.threads = threads
        self.probeLimits = probeLimits
        self.spawner = spawner
        self.filters = filters
        self.slots = slots
    }

    /// Returns the zygote for a key, and starts one if none is current. Concurrent calls share one start.
    ///
    /// - Parameter generation: the image's current fingerprint.
    /// - Throws: `unavailable` when there are too many kinds; `internal`.
    func zygote(for key: InterpreterKey, generation: String) async throws(OutpostError) -> Zygote {
        let kind = Zygote.Kind(key)
        while let task = tasks[kind] {
            if case .success(let zygote) = await task.value {
                if zygote.isCurrent(generation) { return zygote }
                zygote.retire()
            }
            // Another call may have started the next one meanwhile. One that is replaced here would never be retired.
            if tasks[kind] == task { tasks[kind] = nil }
        }
        let task = Task { @Reactor () async -> Result<Zygote, OutpostError> in
            do throws(OutpostError) {
                return .success(try await open(kind, generation))
            } catch {
                return .failure(error)
            }
        }
        tasks[kind] = task
        return try await task.value.get()
    }

    private func open(_ kind: Zygote.Kind, _ generation: String) async throws(OutpostError) -> Zygote {
        guard let slot = slots.acquire() else {
            throw OutpostError(.unavailable, "too many kinds of warm interpreters exist", retryAfter: 60)
        }
        let spec = SandboxSpec(
            storage: .memory(mebibytes: 256), memoryMiB: 64, user: .root, workingDirectory: kind.workingDirectory)
        let instance: NamespaceSandbox
        do {
            instance = try await NamespaceSandbox.launch(
                spec, slot: slot, isZygote: true, spawner: spawner, slots: slots, filters: filters,
                threads: threads)
        } catch {
            slots.release(slot)
            throw OutpostError(.internal, "the sandbox of a zygote cannot be started", cause: error)
        }
        return try await Zygote(
            kind, slot: slot, generation: generation, in: instance, spawner: spawner, filters: filters.zygote,
            probeLimits: probeLimits)
    }
}
