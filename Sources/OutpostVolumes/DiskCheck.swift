// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import Subprocess

/// Checks disks before a mount, and repairs disks that were not unmounted cleanly: the host lost power, or a write failed.
enum DiskCheck {
    private static let damaged: ErrorText = "the sandbox's disk is damaged"
    /// Nanoseconds to wait for an unmount.
    private static let patience: UInt64 = 10_000_000_000

    /// Repairs the image at `path` if needed, so that it can be mounted. For a cleanly unmounted image it makes only one
    /// small read.
    ///
    /// - Throws: `internal` when e2fsck(8) cannot repair the image, which stays as e2fsck left it; `unavailable` when the
    ///   image is still mounted after ten seconds.
    static func repairIfNeeded(_ path: String) async throws {
        let image = try await waitUntilUnmounted(path)
        defer { FileLock.release(image) }
        if try !Ext4State(image).isSound { try await repair(path) }
    }

    /// Prepares the image at `path` for read-only mounts: its journal must be empty, because a read-only mount cannot
    /// replay it.
    ///
    /// - Returns: the image, locked. The caller releases the lock.
    /// - Throws: as `repairIfNeeded`.
    static func prepareForSealing(_ path: String) async throws -> Descriptor {
        let image = try await waitUntilUnmounted(path)
        do {
            if try !Ext4State(image).isClean { try await repair(path) }
            guard try Ext4State(image).isClean else { throw OutpostError(.internal, damaged) }
            return image
        } catch {
            FileLock.release(image)
            throw error
        }
    }

    /// Opens the image of a disk that is being unmounted, without a lock. Nil when the kernel has recorded an error, and the disk
    /// must be repaired after the unmount.
    static func openIfSound(_ path: String) throws -> Descriptor? {
        let image = try Descriptor.open(path, .readOnly)
        return try Ext4State(image).isSound ? image : nil
    }

    /// Makes a sealed image ready for read-only mounts. It may have been sealed before its unmount.
    ///
    /// - Throws: as `repairIfNeeded`.
    static func settle(_ path: String) async throws {
        let image = try await waitUntilUnmounted(path, isShared: true)
        do {
            defer { FileLock.release(image) }
            if try Ext4State(image).isClean { return }
        }
        // The host lost power before the unmount was complete.
        try setMode(path, 0o600)
        FileLock.release(try await prepareForSealing(path))
        try setMode(path, SealedDiskFolder.mode)
    }

    private static func repair(_ path: String) async throws {
        let result = try await Subprocess.run(
            .name("e2fsck"), arguments: ["-f", "-y", path],
            environment: .custom(["PATH": "/usr/sbin:/sbin:/usr/bin:/bin", "E2FSCK_TIME": "0"]), output: .discarded,
            error: .string(limit: 4096))
        // Codes 1 and 2 mean that e2fsck has corrected all errors.
        guard case .exited(let code) = result.terminationStatus, code <= 2 else {
            throw OutpostError(
                .internal, damaged,
                cause: OutpostError(.internal, "e2fsck: \(result.terminationStatus) \(result.standardError)"))
        }
    }

    /// Waits until no device uses the image. When a spawner or a server was killed, nobody else knows when the kernel has
    /// unmounted the sandbox's disk. Two writers would destroy an image.
    ///
    /// - Parameter isShared: whether it is enough that nobody writes to the image any more.
    /// - Returns: the image, locked. The caller releases the lock.
    /// - Throws: `unavailable` after ten seconds.
    static func waitUntilUnmounted(_ path: String, isShared: Bool = false) async throws -> Descriptor {
        let image = try Descriptor.open(path, .readOnly)
        let deadline = monotonicNanoseconds() + patience
        while true {
            do throws(SystemError) {
                if isShared { try FileLock.acquireShared(image) } else { try FileLock.acquire(image) }
                return image
            } catch {
                guard error.number == SystemError.tryAgain else { throw error }
                guard monotonicNanoseconds() < deadline else {
                    throw OutpostError(.unavailable, "the sandbox's disk is still in use", cause: error, retryAfter: 1)
                }
            }
            // The kernel does not report an unmount, so this polls.
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
