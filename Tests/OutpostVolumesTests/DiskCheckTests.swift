// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import Testing

@testable import OutpostVolumes

/// A disk is mended by nobody while another may write to it.
struct DiskCheckTests {
    /// Nothing but a superblock that says how the file system was left.
    private func superblock(state: UInt8) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 2048)
        bytes[1024 + 0x3a] = state
        return bytes
    }

    private func makeImage() throws -> String {
        let path = "/tmp/outpost-disk-\(UInt64.random(in: 0...(.max)))"
        let file = try Descriptor.open(path, [.readWrite, .create], mode: 0o600)
        try file.writeAll(superblock(state: 0))
        file.closeNow()
        return path
    }

    private func openings(of path: String) throws -> Int {
        try entries(of: "/proc/self/fd").count { linkTarget("/proc/self/fd/\($0)") == path }
    }

    @Test(.timeLimit(.minutes(10))) func itWaitsUntilTheDiskIsUnmounted() async throws {
        let path = try makeImage()
        let device = try Descriptor.open(path, .readWrite)
        try FileLock.acquire(device)
        let repairing = Task { try await DiskCheck.repairIfNeeded(path) }
        while try openings(of: path) < 2 {
            try Task.checkCancellation()
            await Task.yield()
        }
        // Had it looked before this, it would have taken the file for one that e2fsck cannot mend.
        try device.writeAll(superblock(state: 1))
        device.closeNow()
        try await repairing.value
        try removeEntry(path)
    }

    @Test func oneThatCannotBeMendedIsToldSo() async throws {
        let path = try makeImage()
        let error = await #expect(throws: OutpostError.self) { try await DiskCheck.repairIfNeeded(path) }
        #expect(error?.code == .internal)
        try removeEntry(path)
    }
}
