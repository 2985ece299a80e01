// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Disks that nobody may write to any more. Any number of sandboxes of a namespace can use one as a layer. A sealed disk
/// has the files that its sandbox wrote, and the records of the files that the sandbox deleted or replaced in the layers
/// below.
///
/// A snapshot of a stateful sandbox is its sealed disk. The sandbox goes on with it as a layer and with a new disk above
/// it. A fork is another sandbox with the same layers and a new disk.
public protocol SealedDisks: Sendable {
    /// Turns the disk of a sandbox into a sealed disk. The sandbox must not be running, and has no disk afterwards. The
    /// duration does not depend on the disk's size, only on the data that the host has not written yet. The kernel may still
    /// unmount the disk meanwhile, when everything on it is durable.
    ///
    /// A crash leaves either the sandbox's disk or the sealed disk, complete. A caller that stored `id` before the call
    /// can repeat the call: it does nothing when the disk is already sealed.
    ///
    /// - Throws: `not_found` when the sandbox has no disk; `conflict` when it is running; `internal` when its disk is
    ///   damaged or cannot be renamed. The sandbox keeps its disk then, unless the host's disk fails.
    func seal(
        _ sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError)

    /// Copies the disk of a sandbox and seals the copy. The sandbox must not be running, and keeps its disk. The used
    /// blocks of the disk are read and written once.
    ///
    /// - Throws: as `seal`; `insufficient_storage` when there is no space for the copy. Nothing of the copy is left then.
    func sealCopy(
        of sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError)

    /// Protects the disks from removal, and makes them ready for mounts: waits until nobody can write to them, and replays a
    /// journal that a power loss has left. Each call needs one call of `release`.
    ///
    /// - Throws: `not_found` with the first disk that the namespace does not have; `unavailable` when one can still be written
    ///   after ten seconds; `internal` when one is damaged. No disk is held then.
    func hold(_ disks: [SealedDiskID], for namespace: NamespaceName?) async throws(OutpostError)

    /// Ends one call of `hold` for each of the disks.
    func release(_ disks: [SealedDiskID]) async

    /// Removes a sealed disk. Does nothing when there is none.
    ///
    /// - Throws: `conflict` while it is held; `unavailable` when the kernel still has it mounted after ten seconds.
    func removeSealed(_ disk: SealedDiskID) async throws(OutpostError)

    /// Returns the bytes that these sealed disks take together on the host's disk. A missing one counts as 0.
    func sealedBytes(_ disks: [SealedDiskID]) async -> Int

    /// Returns all sealed disks with their namespaces.
    func listSealed() async -> [SealedDiskID: NamespaceName]
}
