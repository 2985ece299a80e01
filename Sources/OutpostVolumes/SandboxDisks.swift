// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The disks of stateful sandboxes, and the room that there is for them and for what else is kept beside them.
public protocol SandboxDisks: Sendable {
    /// - Throws: `insufficient_storage` when there is no room for another disk.
    func checkRoom() async throws(OutpostError)

    /// - Throws: `insufficient_storage` when so many more bytes would take what the disks, or the host, may still need.
    func checkRoom(bytes: Int) async throws(OutpostError)

    /// Bytes that are free for something new, beside what disks were promised and what is to stay free for the host; nil
    /// when nobody knows.
    var roomForMore: Int? { get async }

    /// Whether the host's disk itself has no room, whatever was promised: what a sandbox wrote, and the kernel has not
    /// written out, would be lost if its disk were unmounted now.
    var isDiskFull: Bool { get async }

    /// Gets the disk of a sandbox ready to be mounted; one that was never used is made now.
    ///
    /// All its blocks can be written then: a disk is sparse, and a write that the host cannot keep would be lost after the
    /// program was told that it succeeded.
    ///
    /// - Throws: `insufficient_storage`, also when the namespace has its part; `internal`, also when the disk is damaged; a
    ///   disk that was to be made is not there then.
    func promise(_ sandbox: SandboxID, mebibytes: Int, to namespace: NamespaceName) async throws(OutpostError)

    /// Takes the promise back when the disk is unmounted.
    func release(_ sandbox: SandboxID) async

    /// Removes the disk of a sandbox that is not up; one that is gone, or was never made, is fine.
    func remove(_ sandbox: SandboxID) async throws(OutpostError)

    /// The sandboxes that have a disk, or the rest of one.
    func list() async throws(OutpostError) -> [SandboxID]

    /// Tells whose the disks are that an earlier server left, so that they count as what their namespaces hold.
    func adopt(_ disks: [SandboxID: NamespaceName]) async

    /// What a namespace holds, and may hold as things are now, in MiB.
    func standing(of namespace: NamespaceName) async -> QuotaStanding
}
