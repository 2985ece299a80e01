// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostTesting
import Testing

@testable import OutpostVolumes

/// Disk space is promised once, whatever a program does with its disk meanwhile.
struct DiskRoomTests {
    private static let team = NamespaceName("team-a")

    /// A sparse file of this size, `written` bytes of which are not holes.
    private func write(_ path: String, size: Int, written: Int) async throws {
        let file = try Descriptor.open(path, [.writeOnly, .create, .exclusive], mode: 0o600)
        try file.writeAll([UInt8](repeating: 1, count: written))
        file.closeNow()
        try await HostCommand.run("truncate", "--size", "\(size)", path)
        // Until then the file system may not have given it its blocks.
        try await HostCommand.run("sync", path)
    }

    /// What `discard` does when the sandbox has deleted its files.
    private func punch(_ path: String, size: Int) async throws {
        try await HostCommand.run("fallocate", "--punch-hole", "--offset", "0", "--length", "\(size)", path)
    }

    @Test(.enabled(if: HostProcesses.isRoot, "mounting a small disk needs root"))
    func whatAProgramGivesBackIsPromisedToNobodyElse() async throws {
        try await SmallDisk.with(mebibytes: 256) { disk in
            var room = DiskRoom(directory: disk.path)
            let sandbox = SandboxID()
            let path = disk.path + "/image"
            let size = 96 << 20
            try await write(path, size: size, written: size)
            room.mount(sandbox, path: path, size: size, of: .default)
            let full = try room.available()
            try await punch(path, size: size)
            let punched = try room.available()
            // The blocks are free now, and all of them are still the disk's.
            #expect(abs(punched - full) < 1 << 20, "\(full) became \(punched)")
            #expect(try !room.hasRoom(for: full + (1 << 20)))
            room.unmount(sandbox)
            #expect(try room.available() > full + size / 2, "nobody writes to it any more")
        }
    }

    @Test(.enabled(if: HostProcesses.isRoot, "mounting a small disk needs root"))
    func theReserveStaysWhenAllDisksAreFilled() async throws {
        try await SmallDisk.with(mebibytes: 256) { disk in
            var room = DiskRoom(directory: disk.path)
            var paths: [String] = []
            while try room.hasRoom(for: 32 << 20) {
                let path = disk.path + "/image\(paths.count)"
                try await write(path, size: 32 << 20, written: 0)
                room.mount(SandboxID(), path: path, size: 32 << 20, of: .default)
                paths.append(path)
            }
            #expect(paths.count > 2)
            for path in paths { try await HostCommand.run("fallocate", "--length", "\(32 << 20)", path) }
            #expect(try freeBytes(at: disk.path) >= DiskImages.reserve)
        }
    }

    @Test func aNamespaceHoldsTheWholeOfWhatIsMountedAndTheContentOfWhatIsNot() async throws {
        try await TemporaryDirectory.with { directory in
            var room = DiskRoom(directory: directory)
            let team = try #require(Self.team)
            let sandbox = SandboxID()
            let path = directory + "/image"
            try await write(path, size: 8 << 20, written: 1 << 20)
            room.adopt(sandbox, path: path, of: team)
            #expect(room.held(by: team) == 1 << 20)
            room.mount(sandbox, path: path, size: 8 << 20, of: team)
            #expect(room.held(by: team) == 8 << 20)
            #expect(room.held(by: team, without: sandbox) == 0)
            #expect(room.held(by: .default) == 0)
            room.unmount(sandbox)
            #expect(room.held(by: team) == 1 << 20)
            room.remove(sandbox)
            #expect(room.held(by: team) == 0)
        }
    }

    @Test func aQuotaOfTheOperatorsIsNamedWithItsUse() async throws {
        try await TemporaryDirectory.with { directory in
            let images = DiskImages(dataDirectory: directory, shares: { _ in NamespaceShare(diskMiB: 16) })
            let error = try await #require(throws: OutpostError.self) {
                try await images.promise(SandboxID(), mebibytes: 17, to: .default)
            }
            #expect(error.code == .insufficientStorage)
            #expect(error.message == "the namespace default has reached its quota disk_mb, limit 16, in use 0")
            #expect(await images.standing(of: .default) == QuotaStanding(.disk, limit: 16, used: 0))
            #expect(try await images.list().isEmpty)
        }
    }
}
