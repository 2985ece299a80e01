// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The free space of the data directory's file system, and the bytes of it that each namespace's disks hold.
struct DiskRoom {
    private struct Disk {
        let path: String
        let namespace: NamespaceName
        /// Bytes: the whole size of a mounted disk, and the used bytes of one that is not mounted.
        var held: Int
        var isMounted: Bool
    }

    private let directory: String
    private var disks: [SandboxID: Disk] = [:]
    /// The sum of the sizes of all mounted disks.
    private var mountedBytes = 0

    init(directory: String) { self.directory = directory }

    /// Counts the whole size of a disk that will be mounted.
    mutating func mount(_ sandbox: SandboxID, path: String, size: Int, of namespace: NamespaceName) {
        forgetMount(sandbox)
        disks[sandbox] = Disk(path: path, namespace: namespace, held: size, isMounted: true)
        mountedBytes += size
    }

    /// Counts only the used bytes of a disk that was unmounted.
    mutating func unmount(_ sandbox: SandboxID) {
        forgetMount(sandbox)
        guard let disk = disks[sandbox] else { return }
        adopt(sandbox, path: disk.path, of: disk.namespace)
    }

    /// Counts the used bytes of an existing disk that is not mounted.
    mutating func adopt(_ sandbox: SandboxID, path: String, of namespace: NamespaceName) {
        // A disk whose sizes cannot be read is gone.
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

    /// The bytes that the namespace's disks hold, without the disk of `sandbox`.
    func held(by namespace: NamespaceName, without sandbox: SandboxID? = nil) -> Int {
        disks.reduce(0) { sum, entry in
            entry.value.namespace == namespace && entry.key != sandbox ? sum + entry.value.held : sum
        }
    }

    /// Whether `bytes` more fit beside the promised bytes and the reserve.
    func hasRoom(for bytes: Int) throws(SystemError) -> Bool {
        // Usually there is room even if all mounted disks were empty. Then no disk must be examined.
        if try freeBytes(at: directory) - mountedBytes - bytes >= DiskImages.reserve { return true }
        return try available() >= bytes
    }

    /// Bytes that are free for new data. Below 0 when more is promised than the file system has.
    ///
    /// It reads the unwritten bytes of each mounted disk at each call, because they can grow: a program frees blocks with
    /// `fstrim`, or by deleting files on a disk that is mounted with `discard`. It reads them before and after the free
    /// space and uses the larger number, so it counts a change between the two.
    func available() throws(SystemError) -> Int {
        let before = try missing()
        let free = try freeBytes(at: directory)
        let after = try missing()
        let outstanding = before.reduce(0) { sum, entry in sum + max(entry.value, after[entry.key] ?? 0) }
        return free - outstanding - DiskImages.reserve
    }

    /// The bytes of each mounted disk that are not written yet.
    private func missing() throws(SystemError) -> [SandboxID: Int] {
        var result: [SandboxID: Int] = [:]
        for (sandbox, disk) in disks where disk.isMounted { result[sandbox] = try SparseFile.sizes(disk.path).missing }
        return result
    }
}
