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
    static func mend(_ path: String) async throws {
        guard try needsCheck(path) else { return }
        let result = try await Subprocess.run(
            .name("e2fsck"), arguments: ["-f", "-y", path],
            environment: .custom(["PATH": "/usr/sbin:/sbin:/usr/bin:/bin", "E2FSCK_TIME": "0"]), output: .discarded,
            error: .string(limit: 4096))
        // 1 and 2: mended.
        guard case .exited(let code) = result.terminationStatus, code <= 2 else {
            throw OutpostError(
                .internal, "the sandbox's disk is damaged",
                cause: OutpostError(.internal, "e2fsck: \(result.terminationStatus) \(result.standardError)"))
        }
    }

    /// `s_state` of the superblock: bit 0, unmounted in order or kept whole by its journal; bit 1, errors were seen.
    private static func needsCheck(_ path: String) throws(SystemError) -> Bool {
        let image = try Descriptor.open(path, .readOnly)
        var superblock = [UInt8](repeating: 0, count: 2048)
        guard try image.read(into: &superblock) == superblock.count else { return true }
        return superblock[1024 + 0x3a] & 3 != 1
    }
}
