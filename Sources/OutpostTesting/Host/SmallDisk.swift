// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A file system that is quickly full.
public struct SmallDisk: Sendable {
    /// Where it is mounted.
    public let path: String

    /// A new ext4 file system of this size, unmounted and removed after `body`. Needs root.
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

    /// Lazily: a child that another test starts has all that is open here, until it executes its program.
    private static func unmount(_ point: String) async throws { try await HostCommand.run("umount", "--lazy", point) }

    /// Fills it to the last byte, runs `body` and makes room again.
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
        // The failure is the aim.
        while (try? file.write(contentsOf: block)) != nil {}
    }
}
