// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What a driver must know to bring a sandbox up.
public struct SandboxSpec: Hashable, Sendable {
    /// Where its files are.
    public enum Storage: Hashable, Sendable {
        /// In memory, gone with the sandbox; at most so many MiB.
        case memory(mebibytes: Int)
        /// On this sandbox's disk of so many MiB, which is made at its first launch.
        case disk(SandboxID, mebibytes: Int)
    }

    public var storage: Storage
    /// Sealed disks between the image and the storage, the lowest first: what sandboxes of the same namespace wrote to them
    /// is there, and is only read. A driver that does not claim `layers` refuses any.
    public var layers: [SealedDiskID]
    /// Whose it is: a sandbox that was made for one namespace never serves another. Nil for the server's own, in which no
    /// client's code runs.
    public var namespace: NamespaceName?
    /// Bounds what /dev/shm and /tmp hold, in MiB.
    public var memoryMiB: Int
    public var user: SandboxUser
    public var workingDirectory: String
    /// Whether only /tmp, /dev/shm and the working directory can be written.
    public var isRootReadOnly: Bool
    /// What holds its programs in: that of the driver which brings it up.
    public var isolation: Isolation

    public init(
        storage: Storage, layers: [SealedDiskID] = [], namespace: NamespaceName? = nil, memoryMiB: Int,
        user: SandboxUser, workingDirectory: String, isRootReadOnly: Bool = false, isolation: Isolation = .namespaces
    ) {
        self.storage = storage
        self.layers = layers
        self.namespace = namespace
        self.memoryMiB = memoryMiB
        self.user = user
        self.workingDirectory = workingDirectory
        self.isRootReadOnly = isRootReadOnly
        self.isolation = isolation
    }
}

extension SandboxSpec {
    /// The memory, in MiB, that a sandbox is made for, whose first program may have so much: in steps of at most a quarter.
    /// Programs with other limits can so be given a sandbox that is there already, and what an interpreter is told of its
    /// memory when it is started ahead holds for all of them.
    public static func memoryStep(_ memoryMiB: Int) -> Int {
        guard memoryMiB >= 64 else { return memoryMiB }
        let step = (1 << (Int.bitWidth - 1 - memoryMiB.leadingZeroBitCount)) / 4
        return memoryMiB / step * step
    }
}
