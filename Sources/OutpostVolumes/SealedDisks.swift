// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Disks that nobody writes to any more, so that any number of sandboxes of a namespace can have one as a layer. What a
/// sandbox wrote before is in it: files, and which files of the layers below it deleted or replaced.
///
/// A snapshot of a stateful sandbox is its sealed disk, and the sandbox goes on with that as a layer and a new disk on top.
/// A fork is another sandbox with the same layers and a new disk.
public protocol SealedDisks: Sendable {
    /// Makes the disk of a sandbox that is not up a sealed one; the sandbox has none then. Takes the same time for any size,
    /// but for what the host has not written to its disk yet.
    ///
    /// A crash leaves the one or the other, whole and under its own name. A caller that wrote `id` down before can ask again:
    /// what is sealed already is fine.
    ///
    /// - Throws: `not_found` when there is no disk, `conflict` when the sandbox is up, `internal` when the disk is damaged;
    ///   the sandbox still has its disk then.
    func seal(
        _ sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError)

    /// Makes a copy of the disk of a sandbox that is not up a sealed one; the sandbox keeps its disk. What the disk holds is
    /// read and written once.
    ///
    /// - Throws: as `seal`; `insufficient_storage` when there is no room for the copy. Nothing of it is left then.
    func sealCopy(
        of sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError)

    /// Keeps these from being removed until they are released as often as they were held.
    ///
    /// - Throws: `not_found`, naming the first that the namespace does not have; none is held then.
    func hold(_ disks: [SealedDiskID], for namespace: NamespaceName?) async throws(OutpostError)

    func release(_ disks: [SealedDiskID]) async

    /// Removes a sealed disk; one that is gone is fine.
    ///
    /// - Throws: `conflict` while it is held, `unavailable` when the kernel has it mounted ten seconds after.
    func removeSealed(_ disk: SealedDiskID) async throws(OutpostError)

    /// All that are there, and whose they are.
    func listSealed() async -> [SealedDiskID: NamespaceName]
}
