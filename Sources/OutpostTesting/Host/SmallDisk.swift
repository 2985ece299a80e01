// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A small file system for tests with a full disk.
public struct SmallDisk: Sendable {
    /// The path of its mount point.
    public let path: String

    /// Runs `body` with a new ext4 file system of this size. Unmounts and removes it afterwards. Needs root.
    public static func with<Result>(
        mebibytes: Int, _ body: (SmallDisk) async throws -> Result
    ) async throws -> Result {
        try await TemporaryDirectory.with { directory in
            let image = directory + "/image"
            let point = directory + "/disk"
            try FileManager.default.createDirectory(atPath: point, withIntermediateDirectories: false)
            try await HostCommand.run("truncate", "-s", "\(mebibytes)M", image)
            try await HostCommand.run("mkfs.ext4", "-q", "-m", "0", image)
            try await HostCommand.run("mount", "-o", "loop", image, point)
            let result: Result
            do {
                result = try await body(SmallDisk(path: point))
            } catch {
                try await unmount(point)
                throw error
            }
            try await unmount(point)
            return result
        }
    }

    /// The unmount is lazy. A child process of another test may have files open until it executes its program.
    private static func unmount(_ point: String) async throws { try await HostCommand.run("umount", "--lazy", point) }

    /// Fills the disk completely, runs `body`, and makes space again.
    public func whileFull<Result>(_ body: () async throws -> Result) async throws -> Result {
        let filler = path + "/filler"
        try Data().write(to: URL(fileURLWithPath: filler))
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: filler))
        fill(file, by: 1 << 20)
        fill(file, by: 4096)
        try file.close()
        let result = try await body()
        try FileManager.default.removeItem(atPath: filler)
        return result
    }

    private func fill(_ file: FileHandle, by count: Int) {
        let block = Data(repeating: 1, count: count)
        // The loop ends when the disk is full.
        while (try? file.write(contentsOf: block)) != nil {}
    }
}
