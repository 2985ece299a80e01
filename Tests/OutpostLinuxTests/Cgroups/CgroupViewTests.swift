// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// A program sees its own cgroup where its runtime looks for it.
struct CgroupViewTests {
    private func view(_ table: String, _ controllers: String = "") -> CgroupView {
        CgroupView(CgroupLayout.parse(mountInfo: table) { _ in controllers })
    }

    @Test func versionTwoIsOneMount() {
        let view = view(MountTables.unified, "cpuset cpu io memory pids\n")
        #expect(view.hierarchies == ["cgroup2"])
        #expect(view.directories == ["/sys/fs/cgroup"])
        #expect(view.placeholders.isEmpty)
        #expect(view.links.isEmpty)
        #expect(view.mountCount == 2 && view.copyDirectories == ["0"])
        #expect(view.steps([5, 6]) == [.attach(5, target: "/sys/fs/cgroup"), .cover(6, over: 5)])
    }

    @Test func ofVersionOneItIsWhatBoundsMemoryAndProcessors() {
        let view = view(MountTables.hybrid, "\n")
        #expect(view.hierarchies == ["memory", "cpu"])
        #expect(
            view.directories == [
                "/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/others",
            ])
        #expect(
            view.steps([5, 6, 7, 8]) == [
                .attach(5, target: "/sys/fs/cgroup/memory"), .cover(6, over: 5),
                .attach(7, target: "/sys/fs/cgroup/cpu"), .cover(8, over: 7),
            ])
    }

    @Test func controllersThatAreMountedTogetherStayTogether() {
        let view = view(MountTables.legacy)
        #expect(view.hierarchies == ["memory", "cpu,cpuacct"])
        #expect(
            view.links.map { "\($0.path) \($0.target)" } == [
                "/sys/fs/cgroup/cpu cpu,cpuacct", "/sys/fs/cgroup/cpuacct cpu,cpuacct",
            ])
    }

    @Test func ofVersionOneAProgramAlsoFindsTheHierarchiesMountedThatOpenJDKLooksFor() {
        #expect(view(MountTables.hybrid, "\n").placeholders == ["cpuset", "cpuacct"])
        // The table has no cpuset, and cpuacct is beside cpu.
        #expect(view(MountTables.legacy).placeholders.isEmpty)
        let together = MountTables.legacy + "\n32 25 0:29 / /sys/fs/cgroup/sets rw - cgroup cgroup rw,cpuset,net_cls"
        #expect(view(together).placeholders == ["cpuset,net_cls"])
    }

    @Test func ofVersionOneAloneARunSeesItsOwnCounterOfProcessorTime() {
        let table = """
            30 25 0:27 / /c/memory rw - cgroup cgroup rw,memory
            31 25 0:28 / /c/pids rw - cgroup cgroup rw,pids
            32 25 0:29 / /c/cpu rw - cgroup cgroup rw,cpu
            33 25 0:30 / /c/cpuacct rw - cgroup cgroup rw,cpuacct
            34 25 0:31 / /c/cpuset rw - cgroup cgroup rw,cpuset
            """
        #expect(view(table).hierarchies == ["memory", "cpu", "cpuacct"])
        #expect(view(table).placeholders == ["cpuset"])
    }

    @Test func whereVersionTwoHasOneOfBothTheOtherIsShown() {
        #expect(view(MountTables.hybrid, "memory\n").hierarchies == ["cpu"])
        #expect(view(MountTables.hybrid, "cpu pids\n").hierarchies == ["memory"])
        #expect(view("").steps([]).isEmpty && view("").mountCount == 0)
        #expect(view("31 25 0:28 / /c rw - cgroup cgroup rw,cpuset").placeholders.isEmpty)
    }

    @Test(arguments: [
        (["cgroup2"], ["0/cpu.max": "50000 100000\n", "0/memory.max": "8192\n", "0/pids.max": "7\n"]),
        (
            ["memory", "cpu,cpuacct"],
            ["0/memory.limit_in_bytes": "8192\n", "1/cpu.cfs_quota_us": "50000\n", "1/cpu.cfs_period_us": "100000\n"]
        ),
        (["cpuacct"], [:]),
    ])
    func theCopiesAreTheLimitsAsTheKernelKeepsThem(hierarchies: [String], expected: [String: String]) {
        let limits = CgroupLimits(memoryBytes: 8192 + 4095, cpuQuotaMicroseconds: 50_000, processes: 7)
        let copies = CgroupView(hierarchies).copies(of: limits)
        let texts = Dictionary(copies.map { ($0.path, $0.text) }) { $0 + $1 }
        #expect(texts.count == copies.count, "each file has one copy")
        #expect(texts.isEmpty == expected.isEmpty)
        for (path, text) in expected { #expect(texts[path] == text, "\(path)") }
    }
}
