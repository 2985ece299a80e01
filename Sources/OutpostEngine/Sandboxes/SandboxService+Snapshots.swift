// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
public import OutpostCore
import OutpostSandboxing
import OutpostStore
import OutpostVolumes

/// Snapshots and forks. docs/architecture.md, "Snapshots and forks", has the plan and what a crash leaves.
extension SandboxService {
    /// The most sealed disks below the disk of a sandbox, as `RootLayers.mostSealedDisks`.
    static let mostLayers = 16

    /// Makes a snapshot of the files of a stateful sandbox.
    ///
    /// It waits for the runs of the sandbox that came before it, and ends the sandbox's instance: `/tmp` and `/dev/shm` are
    /// empty afterwards and no part of the snapshot. The sandbox goes on with a new disk above the sealed one.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox; `conflict` when it is ephemeral, paused, has lost its
    ///   files, has processes or calls in progress, or has too many layers; `rate_limited` when the namespace has too many
    ///   snapshots; `insufficient_storage`. The sandbox has all of its files then.
    public func snapshot(
        _ id: SandboxID, name: String?, in namespace: NamespaceName
    ) async throws(OutpostError) -> Snapshot {
        let controller = try controller(id, in: namespace)
        try quotas.take(.snapshots, in: namespace)
        do throws(OutpostError) {
            return try await whileDown(controller, for: "a snapshot") { (captured) async throws(OutpostError) in
                let snapshot = Snapshot(
                    namespace: namespace, sandboxID: id, name: name, layers: captured.layers,
                    bytes: await self.disks.sealedBytes(captured.layers), createdAt: self.clock())
                try await self.commit(SandboxChange(updated: captured.updated, snapshot: snapshot), of: id)
                await self.add(snapshot)
                return snapshot
            }
        } catch {
            quotas.give(.snapshots, in: namespace)
            throw error
        }
    }

    /// Makes new sandboxes with the files and settings of a stateful one.
    ///
    /// - Throws: as `snapshot`; `rate_limited` when the namespace has too many sandboxes. No new sandbox exists then.
    public func fork(
        _ id: SandboxID, count: Int, in namespace: NamespaceName
    ) async throws(OutpostError) -> [Sandbox] {
        let controller = try controller(id, in: namespace)
        try quotas.take(.sandboxes, count, in: namespace)
        do throws(OutpostError) {
            return try await whileDown(controller, for: "a fork") { (captured) async throws(OutpostError) in
                let now = self.clock()
                let forks = (0..<count).map { _ in captured.sandbox.forked(layers: captured.layers, at: now) }
                try await self.commit(SandboxChange(updated: captured.updated, inserted: forks), of: id)
                await self.add(forks)
                return forks
            }
        } catch {
            quotas.give(.sandboxes, count, in: namespace)
            throw error
        }
    }

    /// Returns the snapshots of a namespace, in no particular order.
    public func snapshots(in namespace: NamespaceName) -> [Snapshot] {
        snapshots.values.filter { $0.namespace == namespace }
    }

    /// Deletes a snapshot. Sandboxes that started from it keep their files.
    ///
    /// - Throws: `not_found` when the namespace has no such snapshot; the store's errors, and the snapshot exists then.
    public func delete(_ id: SnapshotID, in namespace: NamespaceName) async throws(OutpostError) {
        guard snapshots[id]?.namespace == namespace else { throw Self.missing(id) }
        guard try await store.delete(id), let snapshot = snapshots.removeValue(forKey: id) else {
            throw Self.missing(id)
        }
        quotas.give(.snapshots, in: namespace)
        release(snapshot.layers)
    }

    static func missing(_ id: SnapshotID) -> OutpostError { OutpostError(.notFound, "snapshot \(id) does not exist") }

    /// Returns the layers of a snapshot for a new sandbox.
    ///
    /// - Throws: `invalid_request` for an ephemeral sandbox; `not_found` when the namespace has no such snapshot.
    func layers(
        of id: SnapshotID, for request: SandboxRequest, in namespace: NamespaceName
    ) throws(OutpostError) -> [SealedDiskID] {
        guard let snapshot = snapshots[id], snapshot.namespace == namespace else { throw Self.missing(id) }
        guard request.mode == .stateful else {
            throw .parameter(.invalidRequest, .snapshot, "needs a stateful sandbox")
        }
        return snapshot.layers
    }

    // MARK: - Sealing

    /// The files of a sandbox that is down, as layers.
    struct Captured: Sendable {
        /// The sandbox as it is now.
        let sandbox: Sandbox
        let layers: [SealedDiskID]
        /// The sandbox's new record to store. Nil when its record has not changed.
        let updated: Sandbox?
    }

    private nonisolated func whileDown<Result: Sendable>(
        _ controller: SandboxController, for purpose: String,
        _ body: @Sendable (Captured) async throws(OutpostError) -> Result
    ) async throws(OutpostError) -> Result {
        guard driver.capabilities.features.contains(.layers) else {
            throw OutpostError(
                .unprocessable, "\(purpose) is not available with the isolation \(driver.capabilities.isolation)")
        }
        let mode = await controller.sandbox.mode
        guard mode == .stateful else {
            throw OutpostError(.conflict, "an ephemeral sandbox has no files between its runs for \(purpose)")
        }
        return try await controller.whileDown(for: purpose) { (sandbox) async throws(OutpostError) in
            let captured = try await capture(sandbox, controller)
            // A new sealed disk has no record yet. It must not be removed before the end.
            await retain(captured.layers)
            do throws(OutpostError) {
                let result = try await body(captured)
                await release(captured.layers)
                return result
            } catch {
                await release(captured.layers)
                throw error
            }
        }
    }

    /// Makes a layer of the sandbox's disk, if it has one.
    private nonisolated func capture(
        _ sandbox: Sandbox, _ controller: SandboxController
    ) async throws(OutpostError) -> Captured {
        // Without a disk nothing was written since the last time.
        guard await disks.usage(of: sandbox.id) != nil else {
            return Captured(sandbox: sandbox, layers: sandbox.layers, updated: nil)
        }
        let disk = SealedDiskID()
        let layers = sandbox.layers + [disk]
        guard layers.count <= Self.mostLayers else {
            throw OutpostError(
                .conflict,
                "the files of sandbox \(sandbox.id) are in \(Self.mostLayers) layers, the most that there can be; copy them to "
                    + "a new sandbox")
        }
        // The last layer stays free for snapshots. The sandbox keeps its disk, and a copy of it becomes the layer.
        guard layers.count < Self.mostLayers else {
            try await disks.sealCopy(of: sandbox.id, as: disk, of: sandbox.namespace)
            return Captured(sandbox: sandbox, layers: layers, updated: nil)
        }
        try await seal(disk, of: sandbox, controller)
        let updated = await controller.adopt(layers: layers)
        await retain([disk])
        return Captured(sandbox: updated, layers: layers, updated: updated)
    }

    private nonisolated func seal(
        _ disk: SealedDiskID, of sandbox: Sandbox, _ controller: SandboxController
    ) async throws(OutpostError) {
        try await store.begin(DiskSealing(sandbox: sandbox.id, disk: disk))
        do throws(OutpostError) {
            try await disks.seal(sandbox.id, as: disk, of: sandbox.namespace)
        } catch {
            // With an empty new disk the sandbox would look as if its files were gone. The next start of the server finds
            // the sealed disk.
            if await disks.usage(of: sandbox.id) == nil { await controller.fail() }
            throw error
        }
    }

    private nonisolated func commit(_ change: SandboxChange, of id: SandboxID) async throws(OutpostError) {
        guard try await store.commit(change) else { throw Self.missing(id) }
    }

    private func add(_ snapshot: Snapshot) {
        snapshots[snapshot.id] = snapshot
        retain(snapshot.layers)
    }

    private func add(_ forks: [Sandbox]) {
        for fork in forks {
            register(fork)
            controllers[fork.id]?.controller.events.add(.created, .text("a fork"))
        }
    }

    // MARK: - The users of layers

    /// Counts one more user of each layer.
    func retain(_ layers: [SealedDiskID]) {
        for layer in layers { layerUsers[layer, default: 0] += 1 }
    }

    /// Counts one user less of each layer. Removes the layers without users in the background.
    func release(_ layers: [SealedDiskID]) {
        for layer in layers {
            let left = (layerUsers[layer] ?? 0) - 1
            layerUsers[layer] = left > 0 ? left : nil
            if left <= 0 { tasks.run { await self.remove(layer) } }
        }
    }

    private nonisolated func remove(_ layer: SealedDiskID) async {
        do throws(OutpostError) {
            try await disks.removeSealed(layer)
        } catch {
            // The next start of the server removes a sealed disk without users.
            logger.error("a sealed disk cannot be removed", metadata: ["disk": "\(layer)", "error": "\(error)"])
        }
    }

    // MARK: - Recovery

    /// Ends the sealings that a crash has interrupted.
    ///
    /// - Returns: all sandboxes, as they are now.
    func finishSealings(
        of inventory: SandboxInventory, _ sealed: [SealedDiskID: NamespaceName]
    ) async throws(OutpostError) -> [Sandbox] {
        var sandboxes = inventory.sandboxes
        for sealing in inventory.sealings {
            guard let index = sandboxes.firstIndex(where: { $0.id == sealing.sandbox }) else { continue }
            // Without the sealed disk the sandbox still has its own.
            if sealed[sealing.disk] == sandboxes[index].namespace, !sandboxes[index].layers.contains(sealing.disk) {
                sandboxes[index].layers.append(sealing.disk)
                sandboxes[index].sealedAfterUse = sandboxes[index].lastUsedAt
            }
        }
        for id in Set(inventory.sealings.map(\.sandbox)) {
            guard let sandbox = sandboxes.first(where: { $0.id == id }) else { continue }
            _ = try await store.commit(SandboxChange(updated: sandbox))
        }
        return sandboxes
    }

    /// Whether a used sandbox has no disk, or one of its layers is missing.
    func hasLostFiles(
        _ sandbox: Sandbox, _ disks: Set<SandboxID>, _ sealed: [SealedDiskID: NamespaceName]
    ) -> Bool {
        if sandbox.layers.contains(where: { sealed[$0] != sandbox.namespace }) { return true }
        // A sandbox that was not used since then has no disk yet.
        let isUsed = sandbox.lastUsedAt > sandbox.sealedAfterUse ?? sandbox.createdAt
        return isUsed && !disks.contains(sandbox.id)
    }

    /// Restores the snapshots.
    func recover(_ snapshots: [Snapshot]) {
        for snapshot in snapshots {
            quotas.add(.snapshots, in: snapshot.namespace)
            add(snapshot)
        }
    }

    /// Removes sealed disks without users.
    func removeUnused(_ sealed: some Collection<SealedDiskID>) async {
        for disk in sealed where layerUsers[disk] == nil {
            logger.notice("removing a sealed disk that nothing uses", metadata: ["disk": "\(disk)"])
            await remove(disk)
        }
    }
}

extension Sandbox {
    /// Returns a new sandbox with the same settings and with these files.
    fileprivate func forked(layers: [SealedDiskID], at now: Timestamp) -> Sandbox {
        var fork = Sandbox(
            id: SandboxID(), namespace: namespace, name: name, language: language, image: image, mode: mode,
            status: .ready, limits: limits, environment: environment, workingDirectory: workingDirectory,
            security: security, metadata: metadata, timeToLiveSeconds: timeToLiveSeconds,
            idleTimeoutSeconds: idleTimeoutSeconds, createdAt: now, lastUsedAt: now, expiresAt: nil, layers: layers,
            onIdle: onIdle)
        fork.expiresAt = SandboxController.expiry(fork)
        return fork
    }
}
