// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Everything that a driver needs to start a sandbox.
public struct SandboxSpec: Hashable, Sendable {
    /// Where the sandbox's files are.
    public enum Storage: Hashable, Sendable {
        /// In memory, with this maximum in MiB. They end with the sandbox.
        case memory(mebibytes: Int)
        /// On the disk of this stateful sandbox. The first launch creates the disk with this size in MiB.
        case disk(SandboxID, mebibytes: Int)
    }

    /// Where the sandbox's files are.
    public var storage: Storage
    /// Sealed disks between the image and the storage, the lowest first. The sandbox sees their files and cannot change
    /// them. They must belong to the same namespace. A driver without the capability `layers` refuses them.
    public var layers: [SealedDiskID]
    /// The namespace. A sandbox never serves another namespace. Nil for the server's own sandboxes, in which no
    /// client's code runs.
    public var namespace: NamespaceName?
    /// The memory in MiB. It limits the size of /dev/shm and /tmp.
    public var memoryMiB: Int
    /// The user of its programs.
    public var user: SandboxUser
    /// The absolute path of the working directory. The driver creates it for the user.
    public var workingDirectory: String
    /// Whether only /tmp, /dev/shm and the working directory are writable.
    public var isRootReadOnly: Bool
    /// The isolation of the sandbox, which its driver must have.
    public var isolation: Isolation

    /// Creates a spec.
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
    /// Returns the memory of the sandbox for a program with this limit, in MiB. It rounds down, by at most a quarter.
    /// Programs with similar limits can use the same warm sandbox, and an interpreter can be told its memory before its
    /// program is known.
    public static func memoryStep(_ memoryMiB: Int) -> Int {
        guard memoryMiB >= 64 else { return memoryMiB }
        let step = (1 << (Int.bitWidth - 1 - memoryMiB.leadingZeroBitCount)) / 4
        return memoryMiB / step * step
    }
}
