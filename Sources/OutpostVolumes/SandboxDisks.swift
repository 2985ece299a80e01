// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The disks of stateful sandboxes, and the free space for disks and other data.
public protocol SandboxDisks: Sendable {
    /// Checks that there is space for another disk.
    ///
    /// - Throws: `insufficient_storage` when there is none.
    func checkRoom() async throws(OutpostError)

    /// Checks that there is space for `bytes` more, beside the space that disks and the host may still need.
    ///
    /// - Throws: `insufficient_storage` when there is none.
    func checkRoom(bytes: Int) async throws(OutpostError)

    /// Bytes that are free for new data, without the space that is promised to disks or reserved for the host. Nil when
    /// this is unknown.
    var roomForMore: Int? { get async }

    /// Whether the host's disk is really full, whatever was promised. Then the kernel may have data of a sandbox that it
    /// cannot write, and an unmount of the sandbox's disk would lose it.
    var isDiskFull: Bool { get async }

    /// Prepares the disk of a sandbox for a mount. Makes it when the sandbox has none.
    ///
    /// It reserves space for all blocks of the disk. The disk is sparse: without the reserve the host could lose a write
    /// after the program was told that it succeeded.
    ///
    /// - Throws: `insufficient_storage` when the host or the namespace has no space for it; `internal`, also for a
    ///   damaged disk. A new disk is removed again then.
    func promise(_ sandbox: SandboxID, mebibytes: Int, to namespace: NamespaceName) async throws(OutpostError)

    /// Ends the reservation of `promise`.
    ///
    /// - Parameter isUnmounted: whether the disk was unmounted. If not, everything that was written is durable, and the disk is
    ///   being unmounted. It can be sealed then, and other calls wait for the unmount.
    func release(_ sandbox: SandboxID, isUnmounted: Bool) async

    /// Removes the disk of a sandbox that is not running. Does nothing when it has none.
    ///
    /// - Throws: `unavailable` while the disk is being sealed; `internal` when it cannot be removed.
    func remove(_ sandbox: SandboxID) async throws(OutpostError)

    /// What is used on the disk of a sandbox that is not running: bytes, with the tables of the file system, and inodes. Nil
    /// when it has no disk.
    func usage(of sandbox: SandboxID) async -> DiskUsage?

    /// Returns the sandboxes that have a disk or a part of one.
    ///
    /// - Throws: `internal` when the directory cannot be read.
    func list() async throws(OutpostError) -> [SandboxID]

    /// Counts the disks of an earlier server for their namespaces.
    func adopt(_ disks: [SandboxID: NamespaceName]) async

    /// Returns the MiB that a namespace holds and may hold now.
    func standing(of namespace: NamespaceName) async -> QuotaStanding
}

extension SandboxDisks {
    /// Ends the reservation of `promise`. Call it after the disk was unmounted.
    public func release(_ sandbox: SandboxID) async { await release(sandbox, isUnmounted: true) }
}

/// What is used on a disk.
public struct DiskUsage: Hashable, Sendable {
    public let bytes: Int
    public let files: Int

    public init(bytes: Int, files: Int) {
        self.bytes = bytes
        self.files = files
    }
}
