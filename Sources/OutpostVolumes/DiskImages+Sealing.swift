// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux

extension DiskImages: SealedDisks {
    private nonisolated var folder: SealedDiskFolder { SealedDiskFolder(dataDirectory: directory) }

    /// Finds the sealed disks of an earlier server and completes unfinished sealings. Call it before all other calls for
    /// sealed disks.
    ///
    /// - Throws: `internal`. The server must not start then.
    public func restoreSealed() async throws(OutpostError) {
        do {
            try await BlockingPool.shared.run { [folder] in try folder.restore() }.forEach { sealed.add($0) }
        } catch {
            throw Self.translate(error, "the sealed disks cannot be listed")
        }
    }

    public func seal(
        _ sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError) {
        let (source, target) = (path(sandbox), folder.path(id, of: namespace))
        // A disk that is still mounted is sealed in place. It is durable, and nothing in it can be written any more.
        let isMounted = leaving.contains(sandbox)
        try await makeSealed(id, of: sandbox, namespace, whileMounted: isMounted) { disk in
            try await BlockingPool.shared.run {
                let sealing = Sealing(image: disk, source: source, target: target)
                do throws(SystemError) {
                    try sealing.run()
                } catch {
                    try sealing.undo()
                    throw error
                }
            }
            room.remove(sandbox)
            leaving.remove(sandbox)
            // A crash may leave the empty folder. The sandbox then has no disk either.
            try await BlockingPool.shared.run { try removeTree(OutpostLinux.directory(of: source)) }
        }
    }

    public func sealCopy(
        of sandbox: SandboxID, as id: SealedDiskID, of namespace: NamespaceName
    ) async throws(OutpostError) {
        let (source, target) = (path(sandbox), folder.path(id, of: namespace))
        let draft = folder.draft(id, of: namespace)
        try await makeSealed(id, of: sandbox, namespace) { _ in
            let (size, missing) = try SparseFile.sizes(source)
            let bytes = size - missing
            try check(nil, namespace, size: bytes, missing: bytes)
            do {
                try await BlockingPool.shared.run { try Self.copy(source, to: draft) }
                // The free space and the quota may have changed during the copy.
                try check(nil, namespace, size: bytes, missing: 0)
                try await BlockingPool.shared.run {
                    let copy = try Descriptor.open(draft, .readOnly)
                    try Sealing(image: copy, source: draft, target: target).run()
                }
            } catch {
                try await BlockingPool.shared.run { try removeEntry(draft) }
                throw error
            }
        }
    }

    private static func copy(_ source: String, to draft: String) throws(SystemError) {
        try makeDirectories(OutpostLinux.directory(of: draft), mode: 0o700)
        try removeEntry(draft)
        try SparseFile.copy(source, to: draft)
    }

    /// Makes a sealed disk. Does nothing when the namespace already has the sealed disk `id`.
    ///
    /// - Parameters:
    ///   - whileMounted: whether a sound disk may still be mounted. It is not locked then.
    ///   - body: makes the sealed image from the sandbox's disk `disk`, which is locked.
    private func makeSealed(
        _ id: SealedDiskID, of sandbox: SandboxID, _ namespace: NamespaceName,
        whileMounted: Bool = false, _ body: (_ disk: Descriptor) async throws -> Void
    ) async throws(OutpostError) {
        // An id belongs to one disk only, so an earlier call has made this one.
        guard sealed.namespace(of: id) != namespace else { return }
        let source = path(sandbox)
        do {
            try await whileSealing(sandbox) {
                if !exists(folder.path(id, of: namespace)) {
                    guard exists(source) else { throw OutpostError(.notFound, "the sandbox \(sandbox) has no disk") }
                    let mounted = whileMounted ? try DiskCheck.openIfSound(source) : nil
                    let disk = if let mounted { mounted } else { try await DiskCheck.prepareForSealing(source) }
                    defer { FileLock.release(disk) }
                    try await body(disk)
                }
                sealed.add(try folder.protect(id, of: namespace))
            }
        } catch {
            throw Self.translate(error, "the sandbox's disk cannot be sealed")
        }
    }

    public func hold(_ disks: [SealedDiskID], for namespace: NamespaceName?) async throws(OutpostError) {
        try sealed.hold(disks, for: namespace)
        do {
            for disk in sealed.unsettled(disks) {
                guard let namespace = sealed.namespace(of: disk) else { continue }
                try await DiskCheck.settle(folder.path(disk, of: namespace))
                sealed.settle(disk)
            }
        } catch {
            sealed.release(disks)
            throw Self.translate(error, "a sealed disk cannot be used")
        }
    }

    public func release(_ disks: [SealedDiskID]) { sealed.release(disks) }

    public func removeSealed(_ disk: SealedDiskID) async throws(OutpostError) {
        guard let namespace = try sealed.beginRemoval(disk) else { return }
        do {
            let path = folder.path(disk, of: namespace)
            if exists(path) {
                // The kernel may unmount a disk shortly after the end of its last sandbox.
                let image = try await DiskCheck.waitUntilUnmounted(path)
                defer { FileLock.release(image) }
                try await BlockingPool.shared.run {
                    try removeEntry(path)
                    try synchronizeDirectory(of: path)
                }
            }
            sealed.endRemoval(disk, isGone: true)
        } catch {
            sealed.endRemoval(disk, isGone: false)
            throw Self.translate(error, "the sealed disk cannot be removed")
        }
    }

    public func sealedBytes(_ disks: [SealedDiskID]) -> Int { sealed.bytes(disks) }

    public func listSealed() -> [SealedDiskID: NamespaceName] { sealed.namespaces }
}
