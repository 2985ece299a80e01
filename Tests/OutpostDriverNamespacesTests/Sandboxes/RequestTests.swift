// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// What the driver is asked for, as the spawner and the agent get it.
struct RequestTests {
    @Test func aSandboxInMemoryIsBoundedInBytesAndFiles() throws {
        let spec = SandboxSpec(
            storage: .memory(mebibytes: 64), namespace: NamespaceName("team-a"), memoryMiB: 512, user: .sandbox,
            workingDirectory: "/w")
        #expect(
            try LaunchRequest(spec, slot: 3)
                == LaunchRequest(
                    slot: 3, tenant: "team-a", storage: .memory(bytes: 64 << 20, files: 8192), hostname: "sandbox",
                    scratchBytes: 256 << 20, workingDirectory: "/w", owner: 1000))
    }

    @Test func theSmallestSandboxStillHasRoomForSomeFiles() throws {
        let spec = SandboxSpec(storage: .memory(mebibytes: 1), memoryMiB: 1, user: .root, workingDirectory: "/w")
        let request = try LaunchRequest(spec, slot: 0)
        #expect(request.storage == .memory(bytes: 1 << 20, files: 1024))
        #expect(request.scratchBytes == 1 << 20)
        #expect(request.owner == 0)
    }

    @Test func aDiskIsNamedAfterItsSandbox() throws {
        let id = SandboxID()
        let spec = SandboxSpec(
            storage: .disk(id, mebibytes: 10), memoryMiB: 512, user: .sandbox, workingDirectory: "/w")
        #expect(try LaunchRequest(spec, slot: 0).storage == .disk(sandbox: id.rawValue))
    }

    @Test func sealedDisksAreAboveTheHostsFilesInTheirOrder() throws {
        let disks = [SealedDiskID(), SealedDiskID()]
        let spec = SandboxSpec(
            storage: .memory(mebibytes: 1), layers: disks, namespace: .default, memoryMiB: 1, user: .root,
            workingDirectory: "/w")
        #expect(
            try LaunchRequest(spec, slot: 0).layers.list == [
                .hostRoot, .hostUsr, .sealedDisk(disks[0], .root), .sealedDisk(disks[0], .usr),
                .sealedDisk(disks[1], .root), .sealedDisk(disks[1], .usr),
            ])
    }

    @Test func aProgramGetsItsIdsItsEnvironmentAndALimitForEachOfItsProcesses() {
        var limits = ResourceLimits.shippedDefaults
        limits.diskMiB = 10
        let spec = ProgramSpec(
            arguments: ["a", "b"], environment: [.init(name: "K", value: "v=w"), .init(name: "E", value: "")],
            workingDirectory: "/w", user: .sandbox, limits: limits)
        let program = GuestProgram(
            spec, process: 4, descriptors: 7, filters: [[1]], channels: 0, processors: ProcessorSet([1]))
        #expect(program.processors == ProcessorSet([1]))
        #expect(program.environment == ["K=v=w", "E="])
        #expect([program.uid, program.gid] == [1000, 1000])
        #expect(program.filters == [[1]])
        let values = Dictionary(uniqueKeysWithValues: program.limits.map { ($0.resource, $0.soft) })
        // With 0 a crash would start the host's program for core dumps.
        #expect(values[ResourceLimit.coreSize.rawValue] == 1)
        #expect(values[ResourceLimit.fileSize.rawValue] == 10 << 20)
        #expect(values[ResourceLimit.openFiles.rawValue] == 4096)
        #expect(values[ResourceLimit.stack.rawValue] == 8 << 20)
        for limit in program.limits {
            #expect(limit.hard == (limit.resource == ResourceLimit.stack.rawValue ? .max : limit.soft))
        }
        #expect(values[ResourceLimit.nice.rawValue] == 0)
        // The cgroup bounds processes; a limit by user would count those of other sandboxes.
        #expect(values[ResourceLimit.processes.rawValue] == nil)
    }

    @Test(arguments: [
        // stack_mb, what is usual for the program, max_file_bytes; MiB of stack and bytes of a file.
        (nil, 8, nil, 8, 10 << 20), (64, 8, nil, 64, 10 << 20), (nil, 512, nil, 512, 10 << 20),
        (1, 512, nil, 1, 10 << 20), (nil, 8, 1, 8, 1), (nil, 8, 1 << 40, 8, 1 << 40), (4096, 4, 7, 4096, 7),
    ])
    func aProgramGetsTheStackAndTheFilesThatItsLimitsName(
        stack: Int?, usual: Int, file: Int?, expectedStack: Int, expectedFile: Int
    ) {
        var limits = ResourceLimits.shippedDefaults
        (limits.diskMiB, limits.stackMiB, limits.maxFileBytes) = (10, stack, file)
        var spec = ProgramSpec(arguments: ["a"], environment: [], workingDirectory: "/", user: .sandbox, limits: limits)
        spec.usualStackMiB = usual
        let program = GuestProgram(
            spec, process: 4, descriptors: 7, filters: [], channels: 0, processors: ProcessorSet())
        let values = Dictionary(uniqueKeysWithValues: program.limits.map { ($0.resource, $0.soft) })
        #expect(values[ResourceLimit.stack.rawValue] == UInt64(expectedStack) << 20)
        #expect(values[ResourceLimit.fileSize.rawValue] == UInt64(expectedFile))
    }

    @Test(arguments: [("/var/lib/outpost", "outpost-572f4ccc"), ("", "outpost-cbf29ce4")])
    func theCgroupsOfADataDirectoryHaveOneNameForEver(directory: String, base: String) {
        #expect(NamespacesDriver.cgroupBase(for: directory) == base)
    }

    @Test(.reactor) @Reactor func aReleasedUIDRangeIsUsedLast() {
        let pool = UIDRangePool(0..<3)
        var taken = [pool.acquire(), pool.acquire()]
        pool.release(0)
        taken += [pool.acquire(), pool.acquire(), pool.acquire()]
        #expect(taken == [0, 1, 2, 0, nil])
    }
}
