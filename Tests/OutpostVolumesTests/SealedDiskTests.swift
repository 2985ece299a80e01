// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostTesting
import Testing

@testable import OutpostVolumes

/// Disks that become sealed ones, whole or not at all.
struct SealedDiskTests {
    private static let team = NamespaceName("team-a") ?? .default

    /// Disks in a directory of their own, and a server that begins anew with each call of `images`.
    private struct Fixture {
        let directory: String
        let sandbox = SandboxID()
        let id = SealedDiskID()
        var disk: String { "\(directory)/sandboxes/\(sandbox)/disk.ext4" }
        var sealed: String { "\(directory)/sealed/team-a/\(id).ext4" }

        func images(diskMiB: Int? = nil) async throws -> DiskImages {
            try makeDirectory(directory + "/image")
            let images = DiskImages(dataDirectory: directory, shares: { _ in NamespaceShare(diskMiB: diskMiB) })
            try await images.restoreSealed()
            await images.adopt([sandbox: SealedDiskTests.team])
            return images
        }

        /// One that was used and unmounted, without the sandbox.
        func made(mebibytes: Int = 16, diskMiB: Int? = nil) async throws -> DiskImages {
            let images = try await images(diskMiB: diskMiB)
            try await images.promise(sandbox, mebibytes: mebibytes, to: SealedDiskTests.team)
            await images.release(sandbox)
            return images
        }

        func mode(_ path: String) -> UInt32? { FileInformation(path)?.mode }
    }

    /// Mounts the disk of a sandbox and writes a durable file.
    ///
    /// - Returns: where it is mounted.
    private func mountAndWrite(_ fixture: Fixture) async throws -> String {
        let point = fixture.directory + "/mount"
        try makeDirectory(point)
        try await HostCommand.run("mount", "-o", "loop", fixture.disk, point)
        try writeFile("\(point)/written", "kept\n", flags: [.writeOnly, .create], mode: 0o600)
        try await HostCommand.run("sync", "-f", point)
        return point
    }

    private func with(_ body: (Fixture) async throws -> Void) async throws {
        try await TemporaryDirectory.with { try await body(Fixture(directory: $0)) }
    }

    @Test func aSealedDiskIsTheDiskUnderAnotherNameThatNobodyWritesTo() async throws {
        try await with { fixture in
            let images = try await fixture.made()
            let inode = try Descriptor.open(fixture.disk, .readOnly).inode()
            let held = await images.standing(of: Self.team).used
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            #expect(try Descriptor.open(fixture.sealed, .readOnly).inode() == inode)
            #expect(fixture.mode(fixture.sealed) == 0o400)
            #expect(!exists("\(fixture.directory)/sandboxes/\(fixture.sandbox)"))
            #expect(await images.standing(of: Self.team).used == held)
            #expect(await images.listSealed() == [fixture.id: Self.team])
            // The sandbox goes on with another disk.
            try await images.promise(fixture.sandbox, mebibytes: 16, to: Self.team)
            #expect(try Descriptor.open(fixture.disk, .readOnly).inode() != inode)
        }
    }

    @Test func aCopyLeavesTheDiskAndCountsBesideIt() async throws {
        try await with { fixture in
            let images = try await fixture.made(mebibytes: 64)
            let before = try readFile(fixture.disk, limit: 128 << 20)
            try await images.sealCopy(of: fixture.sandbox, as: fixture.id, of: Self.team)
            #expect(try readFile(fixture.disk, limit: 128 << 20) == before)
            #expect(try readFile(fixture.sealed, limit: 128 << 20) == before)
            #expect(try SparseFile.sizes(fixture.sealed).missing > 32 << 20, "holes stay holes")
            #expect([fixture.mode(fixture.disk), fixture.mode(fixture.sealed)] == [0o600, 0o400])
            let (size, missing) = try SparseFile.sizes(fixture.sealed)
            #expect(await images.sealed.held(by: Self.team) == size - missing && size > missing)
            try await images.promise(fixture.sandbox, mebibytes: 64, to: Self.team)
        }
    }

    @Test func aCopyThatTheNamespaceMayNotHoldLeavesNothing() async throws {
        try await with { fixture in
            let images = try await fixture.made(mebibytes: 16, diskMiB: 16)
            // What it holds, twice, is more than it may.
            try await HostCommand.run("fallocate", "--length", "\(16 << 20)", fixture.disk)
            await images.adopt([fixture.sandbox: Self.team])
            let error = await #expect(throws: OutpostError.self) {
                try await images.sealCopy(of: fixture.sandbox, as: fixture.id, of: Self.team)
            }
            #expect(error?.code == .insufficientStorage)
            #expect(await images.listSealed().isEmpty)
            #expect(!exists(fixture.sealed) && !exists(fixture.sealed + ".new"))
        }
    }

    @Test func whatASandboxUsesOrNeverHadIsNotSealed() async throws {
        try await with { fixture in
            let images = try await fixture.images()
            let missing = await #expect(throws: OutpostError.self) {
                try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            }
            #expect(missing?.code == .notFound)
            try await images.promise(fixture.sandbox, mebibytes: 16, to: Self.team)
            let mounted = await #expect(throws: OutpostError.self) {
                try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            }
            #expect(mounted?.code == .conflict)
            #expect(exists(fixture.disk) && fixture.mode(fixture.disk) == 0o600)
        }
    }

    @Test func whoAsksAgainForWhatIsSealedHasIt() async throws {
        try await with { fixture in
            let images = try await fixture.made()
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            try await images.promise(fixture.sandbox, mebibytes: 16, to: Self.team)
            await images.release(fixture.sandbox)
            for server in [images, try await fixture.images()] {
                try await server.seal(fixture.sandbox, as: fixture.id, of: Self.team)
                try await server.sealCopy(of: fixture.sandbox, as: fixture.id, of: Self.team)
                #expect(exists(fixture.disk) && exists(fixture.sealed))
            }
        }
    }

    @Test(arguments: 0...Sealing.Step.allCases.count)
    func aServerThatEndsAfterAnyStepLeavesTheDiskOrTheSealedDisk(steps: Int) async throws {
        try await with { fixture in
            _ = try await fixture.made()
            let content = try readFile(fixture.disk, limit: 32 << 20)
            let image = try await DiskCheck.prepareForSealing(fixture.disk)
            let sealing = Sealing(image: image, source: fixture.disk, target: fixture.sealed)
            for step in Sealing.Step.allCases.prefix(steps) { try sealing.perform(step) }
            image.closeNow()

            let next = try await fixture.images()
            let isSealed = exists(fixture.sealed)
            #expect(isSealed != exists(fixture.disk))
            #expect(isSealed == (steps > 2))
            #expect(await next.listSealed() == (isSealed ? [fixture.id: Self.team] : [:]))
            #expect(try readFile(isSealed ? fixture.sealed : fixture.disk, limit: 32 << 20) == content)
            #expect(fixture.mode(isSealed ? fixture.sealed : fixture.disk) == (isSealed ? 0o400 : 0o600))
            // Whoever wrote the id down asks again.
            try await next.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            #expect(await next.listSealed() == [fixture.id: Self.team])
            #expect(try readFile(fixture.sealed, limit: 32 << 20) == content && !exists(fixture.disk))
        }
    }

    @Test(arguments: 0...Sealing.Step.allCases.count)
    func aSealingThatFailsAfterAnyStepGivesTheDiskBack(steps: Int) async throws {
        try await with { fixture in
            let images = try await fixture.made()
            let image = try await DiskCheck.prepareForSealing(fixture.disk)
            let sealing = Sealing(image: image, source: fixture.disk, target: fixture.sealed)
            for step in Sealing.Step.allCases.prefix(steps) { try sealing.perform(step) }
            try sealing.undo()
            FileLock.release(image)
            #expect(exists(fixture.disk) && !exists(fixture.sealed))
            #expect(fixture.mode(fixture.disk) == 0o600)
            try await images.promise(fixture.sandbox, mebibytes: 16, to: Self.team)
        }
    }

    @Test func whatIsUsedOnADiskIsReadFromItsSuperblock() async throws {
        try await with { fixture in
            let images = try await fixture.images()
            #expect(await images.usage(of: fixture.sandbox) == nil)
            try await images.promise(fixture.sandbox, mebibytes: 16, to: Self.team)
            await images.release(fixture.sandbox)
            let used = try #require(await images.usage(of: fixture.sandbox))
            // The file system has 11 inodes from the start (ext4(5)), and tables.
            #expect(used.files == 11 && used.bytes > 0 && used.bytes < 4 << 20)
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            #expect(await images.usage(of: fixture.sandbox) == nil)
            let held = await images.sealed.held(by: Self.team)
            #expect(await images.sealedBytes([fixture.id, SealedDiskID()]) == held && held > 0)
        }
    }

    @Test func halfACopyIsRemovedAtTheNextStartAndStrangersStay() async throws {
        try await with { fixture in
            let images = try await fixture.made()
            try await images.sealCopy(of: fixture.sandbox, as: fixture.id, of: Self.team)
            let folder = "\(fixture.directory)/sealed/team-a"
            let other = SealedDiskID()
            try writeFile("\(folder)/\(other).ext4.new", "half", flags: [.writeOnly, .create], mode: 0o600)
            try writeFile("\(folder)/notes", "mine", flags: [.writeOnly, .create], mode: 0o600)
            try makeDirectory("\(fixture.directory)/sealed/NOBODY")
            let next = try await fixture.images()
            #expect(await next.listSealed() == [fixture.id: Self.team])
            #expect(try entries(of: folder) == ["notes", "\(fixture.id).ext4"].sorted())
        }
    }

    @Test func onlyItsNamespaceCanHoldItAndItStaysForAsLongAsItIsHeld() async throws {
        try await with { fixture in
            let images = try await fixture.made()
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            for namespace in [NamespaceName.default, nil] {
                let error = await #expect(throws: OutpostError.self) {
                    try await images.hold([fixture.id], for: namespace)
                }
                #expect(error?.code == .notFound)
            }
            // All or none.
            await #expect(throws: OutpostError.self) {
                try await images.hold([fixture.id, SealedDiskID()], for: Self.team)
            }
            for _ in 0..<2 { try await images.hold([fixture.id], for: Self.team) }
            await images.release([fixture.id])
            let used = await #expect(throws: OutpostError.self) { try await images.removeSealed(fixture.id) }
            #expect(used?.code == .conflict && exists(fixture.sealed))
            await images.release([fixture.id])
            let held = await images.standing(of: Self.team).used
            try await images.removeSealed(fixture.id)
            #expect(!exists(fixture.sealed))
            #expect(held > 0)
            #expect(await images.standing(of: Self.team).used == 0)
            // One that is gone is fine.
            try await images.removeSealed(fixture.id)
            await #expect(throws: OutpostError.self) { try await images.hold([fixture.id], for: Self.team) }
        }
    }

    @Test(.timeLimit(.minutes(10))) func aRemovalWaitsForTheKernelToLetGo() async throws {
        try await with { fixture in
            let images = try await fixture.made()
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            let device = try Descriptor.open(fixture.sealed, .readOnly)
            try FileLock.acquireShared(device)
            let removing = Task { try await images.removeSealed(fixture.id) }
            while try entries(of: "/proc/self/fd").count(where: { linkTarget("/proc/self/fd/\($0)") == fixture.sealed })
                < 2
            {
                await Task.yield()
            }
            #expect(exists(fixture.sealed))
            // Meanwhile nobody begins to use it.
            await #expect(throws: OutpostError.self) { try await images.hold([fixture.id], for: Self.team) }
            device.closeNow()
            try await removing.value
            #expect(!exists(fixture.sealed))
        }
    }

    @Test(.enabled(if: HostProcesses.isRoot, "mounting a disk needs root"), .timeLimit(.minutes(10)))
    func aDiskThatIsBeingUnmountedIsSealedAtOnceAndUsedAfterwards() async throws {
        try await with { fixture in
            let images = try await fixture.made(mebibytes: 64)
            let point = fixture.directory + "/mount"
            try makeDirectory(point)
            try await HostCommand.run("mount", "-o", "loop", fixture.disk, point)
            // As a spawner does it, whose device has the lock.
            let device = try Descriptor.open(fixture.disk, .readOnly)
            try FileLock.acquire(device)
            try writeFile("\(point)/written", "kept\n", flags: [.writeOnly, .create], mode: 0o600)
            try await HostCommand.run("sync", "-f", point)
            await images.release(fixture.sandbox, isUnmounted: false)
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            #expect(fixture.mode(fixture.sealed) == 0o400 && !exists(fixture.disk))
            #expect(try Ext4State(Descriptor.open(fixture.sealed, .readOnly)).needsJournal)
            let holding = Task { try await images.hold([fixture.id], for: Self.team) }
            try await HostCommand.run("umount", point)
            device.closeNow()
            try await holding.value
            #expect(try Ext4State(Descriptor.open(fixture.sealed, .readOnly)).isClean)
        }
    }

    @Test(.enabled(if: HostProcesses.isRoot, "mounting a disk needs root"))
    func aPowerLossBeforeTheUnmountIsMendedAtTheNextUse() async throws {
        try await with { fixture in
            let images = try await fixture.made(mebibytes: 64)
            let (point, cut) = (try await mountAndWrite(fixture), fixture.directory + "/cut")
            await images.release(fixture.sandbox, isUnmounted: false)
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            try await HostCommand.run("cp", fixture.sealed, cut)
            try await HostCommand.run("umount", point)
            try setMode(cut, 0o400)
            try renameFile(cut, to: fixture.sealed)
            let next = try await fixture.images()
            try await next.hold([fixture.id], for: Self.team)
            #expect(try Ext4State(Descriptor.open(fixture.sealed, .readOnly)).isClean)
            #expect(fixture.mode(fixture.sealed) == 0o400)
        }
    }

    @Test(.enabled(if: HostProcesses.isRoot, "mounting a disk needs root"))
    func aDiskThatWasNotUnmountedIsMendedFirst() async throws {
        try await with { fixture in
            let images = try await fixture.made(mebibytes: 64)
            // A copy of the image while it is mounted is what a power loss leaves.
            let (point, cut) = (try await mountAndWrite(fixture), fixture.directory + "/cut")
            try await HostCommand.run("cp", fixture.disk, cut)
            try await HostCommand.run("umount", point)
            try renameFile(cut, to: fixture.disk)
            #expect(try !Ext4State(Descriptor.open(fixture.disk, .readOnly)).isClean)
            try await images.seal(fixture.sandbox, as: fixture.id, of: Self.team)
            #expect(try Ext4State(Descriptor.open(fixture.sealed, .readOnly)).isClean)
            try await HostCommand.run("mount", "-o", "loop,ro", fixture.sealed, point)
            #expect(try readText("\(point)/written") == "kept\n")
            try await HostCommand.run("umount", point)
        }
    }
}
