// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// Limits are written in the kernel's own order, read back, and never half there.
struct CgroupLimitsTests {
    @Test func versionTwoGetsItsLimits() throws {
        let host = try CgroupHost.unified()
        try host.tree.create("run-1", limits: .sample)
        #expect(
            host.files.writes == [
                "memory.max 67108864", "memory.oom.group 1", "memory.swap.max 0", "cpu.max 50000 100000", "pids.max 32",
            ])
        #expect(host.files.value("/cg/base/run-1/memory.max") == "67108864")
    }

    @Test func aHybridHostGetsItsLimitsInVersionOne() throws {
        let host = try CgroupHost.hybrid()
        try host.tree.create("run-1", limits: .sample)
        #expect(
            host.files.log.filter { $0.hasPrefix("mkdir") } == [
                "mkdir /cg/base/run-1", "mkdir /v1/memory/base/run-1", "mkdir /v1/cpu/base/run-1",
                "mkdir /v1/pids/base/run-1",
            ])
        #expect(host.files.value("/v1/memory/base/run-1/memory.limit_in_bytes") == "67108864")
        #expect(host.files.value("/v1/cpu/base/run-1/cpu.cfs_quota_us") == "50000")
        #expect(host.files.value("/v1/pids/base/run-1/pids.max") == "32")
    }

    @Test func versionOneLimitsMemoryBeforeMemoryWithSwap() throws {
        let host = try CgroupHost.legacy()
        try host.tree.create("run-1", limits: .sample)
        #expect(
            host.files.writes == [
                "memory.limit_in_bytes 67108864", "memory.memsw.limit_in_bytes 67108864", "memory.swappiness 0",
                "cpu.cfs_quota_us 50000", "pids.max 32",
            ])
    }

    @Test func hostsThatDoNotAccountSwapAreFine() throws {
        let old = try CgroupHost.legacy(accountsSwap: false)
        try old.tree.create("run-1", limits: .sample)
        #expect(old.files.writes.contains("memory.swappiness 0"))
        let new = try CgroupHost.unified(accountsSwap: false)
        try new.tree.create("run-1", limits: .sample)
        #expect(new.files.value("/cg/base/run-1/memory.max") == "67108864")
    }

    @Test(arguments: [(1, 4096), (4095, 4096), (4096, 4096), (4097, 4096), (10_000, 8192)])
    func memoryIsAWholeNumberOfPages(wanted: Int, written: Int) throws {
        let host = try CgroupHost.unified()
        try host.tree.create(
            "run-1", limits: CgroupLimits(memoryBytes: wanted, cpuQuotaMicroseconds: 1000, processes: 1))
        #expect(host.files.value("/cg/base/run-1/memory.max") == String(written))
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func aFailureAtAnyStepLeavesNothing(kind: CgroupHost.Kind) throws {
        var step = 0
        while true {
            let host = try kind.host()
            host.files.change { $0.operationsUntilFailure = step }
            do throws(SystemError) {
                try host.tree.create("run-1", limits: .sample)
                break
            } catch {
                #expect(error.number == 5)
                #expect(!host.exists("run-1").contains(true), "step \(step): \(error)")
            }
            step += 1
        }
        // At the least: a directory, then a write and a reading for each of three limits.
        #expect(step >= 7)
    }

    @Test(arguments: [
        (CgroupHost.Kind.unified, "memory.max", "4096"), (.unified, "memory.swap.max", "max"),
        (.unified, "cpu.max", "max 100000"), (.unified, "pids.max", "31"), (.hybrid, "memory.limit_in_bytes", "4096"),
        (.legacy, "cpu.cfs_quota_us", "-1"), (.legacy, "pids.max", "max"),
    ])
    func aLimitThatTheKernelDoesNotKeepIsAnError(kind: CgroupHost.Kind, file: String, kept: String) throws {
        let host = try kind.host()
        host.files.change { $0.kept[file] = kept }
        let error = #expect(throws: SystemError.self) { try host.tree.create("run-1", limits: .sample) }
        #expect(error?.number == 34)
        #expect(error?.operation.hasSuffix("kept \(kept)") == true)
        #expect(!host.exists("run-1").contains(true))
    }
}
