// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// What of the data directory's file system is free for something new, and who holds how much of it.
struct DiskRoom {
    private struct Disk {
        let path: String
        let namespace: NamespaceName
        /// Bytes: the whole size while it is mounted, what it holds while it is not.
        var held: Int
        var isMounted: Bool
    }

    private let directory: String
    private var disks: [SandboxID: Disk] = [:]
    /// The sizes of the mounted disks.
    private var mountedBytes = 0

    init(directory: String) { self.directory = directory }

    mutating func mount(_ sandbox: SandboxID, path: String, size: Int, of namespace: NamespaceName) {
        forgetMount(sandbox)
        disks[sandbox] = Disk(path: path, namespace: namespace, held: size, isMounted: true)
        mountedBytes += size
    }

    /// It holds what it has now, and is promised nothing more.
    mutating func unmount(_ sandbox: SandboxID) {
        forgetMount(sandbox)
        guard let disk = disks[sandbox] else { return }
        adopt(sandbox, path: disk.path, of: disk.namespace)
    }

    /// One that is there and not mounted.
    mutating func adopt(_ sandbox: SandboxID, path: String, of namespace: NamespaceName) {
        // One that cannot be asked is gone.
        guard let (size, missing) = try? SparseFile.sizes(path) else { return disks[sandbox] = nil }
        disks[sandbox] = Disk(path: path, namespace: namespace, held: size - missing, isMounted: false)
    }

    func isMounted(_ sandbox: SandboxID) -> Bool { disks[sandbox]?.isMounted ?? false }

    mutating func remove(_ sandbox: SandboxID) {
        forgetMount(sandbox)
        disks[sandbox] = nil
    }

    private mutating func forgetMount(_ sandbox: SandboxID) {
        guard let disk = disks[sandbox], disk.isMounted else { return }
        mountedBytes -= disk.held
        disks[sandbox]?.isMounted = false
    }

    /// What a namespace holds, in bytes.
    func held(by namespace: NamespaceName, without sandbox: SandboxID? = nil) -> Int {
        disks.reduce(0) { sum, entry in
            entry.value.namespace == namespace && entry.key != sandbox ? sum + entry.value.held : sum
        }
    }

    /// Whether so many bytes more can be kept beside all that is promised, and the reserve.
    func hasRoom(for bytes: Int) throws(SystemError) -> Bool {
        // Most of the time there is room even if all disks were empty, which spares a look at each of them.
        if try freeBytes(at: directory) - mountedBytes - bytes >= DiskImages.reserve { return true }
        return try available() >= bytes
    }

    /// Bytes that are free for something new; below 0 when more is promised than there is.
    ///
    /// What a mounted disk may still take is asked anew each time: a program that gives blocks back, with `fstrim` or by
    /// deleting files and `sync` on a disk mounted with `discard`, makes it more than it was. Each is asked before and
    /// after the free space, and the larger answer counts, so that what changes meanwhile is in one of them.
    func available() throws(SystemError) -> Int {
        let before = try missing()
        let free = try freeBytes(at: directory)
        let after = try missing()
        let outstanding = before.reduce(0) { sum, entry in sum + max(entry.value, after[entry.key] ?? 0) }
        return free - outstanding - DiskImages.reserve
    }

    private func missing() throws(SystemError) -> [SandboxID: Int] {
        var result: [SandboxID: Int] = [:]
        for (sandbox, disk) in disks where disk.isMounted { result[sandbox] = try SparseFile.sizes(disk.path).missing }
        return result
    }
}
