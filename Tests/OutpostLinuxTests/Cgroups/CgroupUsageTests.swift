// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// Counters are found under the names that each version has for them.
struct CgroupUsageTests {
    @Test func versionTwoIsRead() throws {
        let host = try CgroupHost.unified()
        try host.tree.create("run-1", limits: .sample)
        host.files.set("/cg/base/run-1/cpu.stat", "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456")
        host.files.set("/cg/base/run-1/memory.peak", "7340032")
        host.files.set("/cg/base/run-1/memory.stat", "anon 100\nfile 40960\nkernel 7\nshmem 8192\nfile_mapped 4096")
        host.files.set("/cg/base/run-1/memory.events", "low 0\nhigh 0\nmax 12\noom 2\noom_kill 3\noom_group_kill 1")
        host.files.set("/cg/base/run-1/pids.events", "max 5")
        #expect(
            try host.tree.usage("run-1")
                == CgroupUsage(
                    cpuMicroseconds: 123_456, memoryPeakBytes: 7_340_032, fileBytes: 40_960, memoryKills: 3,
                    processRefusals: 5))
    }

    @Test func aHybridHostCountsTimeInVersionTwoAndTheRestInVersionOne() throws {
        let host = try CgroupHost.hybrid()
        try host.tree.create("run-1", limits: .sample)
        host.files.set("/cg/base/run-1/cpu.stat", "usage_usec 9")
        host.files.set("/v1/memory/base/run-1/memory.max_usage_in_bytes", "4096")
        host.files.set("/v1/memory/base/run-1/memory.stat", "cache 1024\nrss 9\nshmem 512\ntotal_cache 1024")
        host.files.set("/v1/memory/base/run-1/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1")
        host.files.set("/v1/pids/base/run-1/pids.events", "max 2")
        #expect(
            try host.tree.usage("run-1")
                == CgroupUsage(
                    cpuMicroseconds: 9, memoryPeakBytes: 4096, fileBytes: 1024, memoryKills: 1, processRefusals: 2))
    }

    @Test func versionOneCountsTimeInNanoseconds() throws {
        let host = try CgroupHost.legacy()
        try host.tree.create("run-1", limits: .sample)
        host.files.set("/v1/cpu,cpuacct/base/run-1/cpuacct.usage", "1234567")
        #expect(try host.tree.usage("run-1").cpuMicroseconds == 1234)
    }

    @Test func aCounterThatIsNotThereIsZero() throws {
        let host = try CgroupHost.unified()
        try host.tree.create("run-1", limits: .sample)
        host.files.set("/cg/base/run-1/memory.events", "low 0\nbroken\noom_kill x")
        #expect(try host.tree.usage("run-1").memoryKills == 0)
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func aCgroupThatIsGoneIsAnErrorAndNotNothingUsed(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        let error = #expect(throws: SystemError.self) { try host.tree.usage("run-1") }
        #expect(error?.number == SystemError.notFound)
    }

    @Test(arguments: [
        ("some avg10=1.00 avg60=0.00 avg300=0.00 total=9\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n", 7),
        ("full avg10=0.00 avg60=0.00 avg300=0.00 total=0", 0), ("some avg10=0.00 avg60=0.00 avg300=0.00 total=9\n", 0),
        ("", 0), ("full\n", 0), ("full total=x", 0),
    ]) func whatKeptARunFromTheProcessorIsReadWhereItIsTold(text: String, stall: Int) throws {
        let host = try CgroupHost.hybrid()
        try host.tree.create("run-1", limits: .sample)
        host.files.change { $0.processLists = [[5]] }
        #expect(host.tree.stallMicroseconds("run-1") == 0)
        host.files.set("/cg/base/run-1/cpu.pressure", text)
        #expect(host.tree.stallMicroseconds("run-1") == stall)
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func aRunWithoutAProcessWaitsForOthers(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.create("run-1", limits: .sample)
        host.files.set("/cg/base/run-1/cpu.pressure", "full total=7")
        #expect(host.tree.stallMicroseconds("run-1") == CgroupTree<FakeCgroupFiles>.wholeTime)
        host.files.change { $0.processLists = [[5]] }
        #expect(host.tree.stallMicroseconds("run-1") == (kind == .legacy ? 0 : 7))
    }

    @Test(arguments: [
        // What two processes tell, and what is made of it beside 7 microseconds of pressure.
        ("300000287 63028704 75\n", "1 9000 1\n", 63_028), ("1 2 3", "", 7), ("", "4 8000000", 8000), ("x", "1 y 3", 7),
    ]) func theProcessThatWaitedLongestCounts(first: String, second: String, stall: Int) throws {
        for kind in CgroupHost.Kind.allCases {
            let host = try kind.host()
            try host.tree.create("run-1", limits: .sample)
            host.files.set("/cg/base/run-1/cpu.pressure", "full total=7")
            host.files.change { state in
                state.processLists = [[5, 6, 7]]
                state.directories["/proc/5"] = ["schedstat": first]
                state.directories["/proc/6"] = ["schedstat": second]
            }
            let isTold = kind != .legacy || stall > 7
            #expect(host.tree.stallMicroseconds("run-1") == (isTold ? stall : 0))
        }
    }

    @Test func onlyVersionOneHasAMemoryAlarm() throws {
        let unified = try CgroupHost.unified()
        try unified.tree.create("run-1", limits: .sample)
        #expect(try unified.tree.memoryAlarm("run-1") == nil)
        let hybrid = try CgroupHost.hybrid()
        try hybrid.tree.create("run-1", limits: .sample)
        let alarm = try #require(try hybrid.tree.memoryAlarm("run-1"))
        let written = try #require(hybrid.files.writes.last)
        #expect(written.hasPrefix("cgroup.event_control \(alarm.number) "))
    }
}
