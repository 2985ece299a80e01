// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import Subprocess

/// Mends disks that the kernel could not unmount in order: the host lost power, or could not keep a write.
enum DiskCheck {
    /// Makes the image at `path` fit to be mounted; one that was unmounted in order costs one small read.
    ///
    /// - Throws: `internal` when files may be lost that cannot be brought back; the image is as e2fsck(8) left it.
    ///   `unavailable` when it is still mounted after ten seconds.
    static func mend(_ path: String) async throws {
        let image = try await unmounted(path)
        defer { FileLock.release(image) }
        if try !Ext4State(image).isSound { try await repair(path) }
    }

    /// Makes the image at `path` fit to be mounted by who may not write to it: all that was written is at its place.
    ///
    /// - Returns: the image, locked until it is released.
    /// - Throws: as `mend`.
    static func settle(_ path: String) async throws -> Descriptor {
        let image = try await unmounted(path)
        do {
            if try !Ext4State(image).isSettled { try await repair(path) }
            guard try Ext4State(image).isSettled else { throw OutpostError(.internal, damaged) }
            return image
        } catch {
            FileLock.release(image)
            throw error
        }
    }

    private static let damaged: ErrorText = "the sandbox's disk is damaged"

    private static func repair(_ path: String) async throws {
        let result = try await Subprocess.run(
            .name("e2fsck"), arguments: ["-f", "-y", path],
            environment: .custom(["PATH": "/usr/sbin:/sbin:/usr/bin:/bin", "E2FSCK_TIME": "0"]), output: .discarded,
            error: .string(limit: 4096))
        // 1 and 2: mended.
        guard case .exited(let code) = result.terminationStatus, code <= 2 else {
            throw OutpostError(
                .internal, damaged,
                cause: OutpostError(.internal, "e2fsck: \(result.terminationStatus) \(result.standardError)"))
        }
    }

    /// Waits until no device holds the image. The sandbox that had it may have died without anybody who could tell when
    /// the kernel is done with it: its spawner was killed, or its server. Two who write to one image would ruin it.
    ///
    /// - Returns: the image, locked until it is released.
    static func unmounted(_ path: String) async throws -> Descriptor {
        let image = try Descriptor.open(path, .readOnly)
        let deadline = monotonicNanoseconds() + patience
        while true {
            do throws(SystemError) {
                try FileLock.take(image)
                return image
            } catch {
                guard error.number == SystemError.tryAgain else { throw error }
                guard monotonicNanoseconds() < deadline else {
                    throw OutpostError(.unavailable, "the sandbox's disk is still in use", cause: error, retryAfter: 1)
                }
            }
            // The kernel tells nobody of an unmount.
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private static let patience: UInt64 = 10_000_000_000
}
