// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// Where the hierarchies are, read from the mount tables of real hosts.
struct CgroupLayoutTests {
    private static let all = "cpuset cpu io memory hugetlb pids rdma misc\n"

    @Test func systemdWithVersionTwoOnlyIsUnified() {
        let layout = CgroupLayout.parse(mountInfo: MountTables.unified) { point in
            point == "/sys/fs/cgroup" ? Self.all : ""
        }
        #expect(layout.mode == .unified)
        #expect(layout.unified == "/sys/fs/cgroup")
        #expect(layout.legacy.isEmpty)
        #expect(layout.missing.isEmpty)
        #expect(layout.hierarchies == ["/sys/fs/cgroup"])
        #expect(CgroupController.allCases.allSatisfy(layout.isUnified))
    }

    @Test func systemdWithBothVersionsIsHybrid() {
        let layout = CgroupLayout.parse(mountInfo: MountTables.hybrid) { _ in "\n" }
        #expect(layout.mode == .hybrid)
        #expect(layout.unified == "/sys/fs/cgroup/unified")
        #expect(layout.missing.isEmpty)
        #expect(
            layout.hierarchies == [
                "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids",
            ])
        #expect(!CgroupController.allCases.contains(where: layout.isUnified))
    }

    @Test func versionOneOnlyNeedsTheFreezerAndCountsTimeWithTheProcessors() {
        let layout = CgroupLayout.parse(mountInfo: MountTables.legacy) { _ in
            Issue.record("there is no version 2 hierarchy to ask")
            return ""
        }
        #expect(layout.mode == .legacy)
        #expect(layout.unified == nil)
        // cpu and cpuacct are one hierarchy, which is joined once.
        #expect(layout.legacy["cpu"] == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(layout.legacy["cpuacct"] == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(
            layout.hierarchies == [
                "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/freezer",
            ])
    }

    @Test func cpuacctMountedAloneIsJoinedToo() {
        let alone =
            MountTables.legacy.replacing("cpu,cpuacct", with: "cpu").replacing("cpuacct,cpu", with: "cpu")
            + "\n60 25 0:60 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct"
        let layout = CgroupLayout.parse(mountInfo: alone) { _ in "" }
        #expect(layout.hierarchies.last == "/sys/fs/cgroup/cpuacct")
    }

    @Test func aControllerOfVersionTwoIsPreferredAndTheRestComesFromVersionOne() {
        let layout = CgroupLayout.parse(mountInfo: MountTables.hybrid) { _ in "cpu pids" }
        #expect(layout.mode == .hybrid)
        #expect(layout.isUnified(.cpu))
        #expect(layout.isUnified(.pids))
        #expect(!layout.isUnified(.memory))
        #expect(layout.hierarchies == ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory"])
    }

    @Test func controllersThatAreNowhereAreReported() {
        let withoutMemory = MountTables.hybrid.split(separator: "\n").filter { !$0.contains("memory") }
        let layout = CgroupLayout.parse(mountInfo: withoutMemory.joined(separator: "\n")) { _ in "" }
        #expect(layout.missing == [.memory])
        let nothing = CgroupLayout.parse(mountInfo: MountTables.unified) { _ in "cpuset cpu io" }
        #expect(nothing.missing == [.memory, .pids])
        #expect(CgroupLayout.parse(mountInfo: "") { _ in "" }.missing == CgroupController.allCases)
    }

    @Test func theFirstMountOfAHierarchyCountsAsContainersMountSomeTwice() {
        let twice = MountTables.unified + "\n99 25 0:26 /a /mnt/again rw - cgroup2 cgroup2 rw"
        #expect(CgroupLayout.parse(mountInfo: twice) { _ in Self.all }.unified == "/sys/fs/cgroup")
    }

    @Test(arguments: ["garbage", "1 2 3", "- cgroup2 cgroup2 rw", "25 1 0:22 / /x rw - cgroup2", "\n\n"])
    func linesThatAreNoMountsAreSkipped(line: String) {
        let layout = CgroupLayout.parse(mountInfo: line) { _ in "" }
        #expect(layout == CgroupLayout(unified: nil, unifiedControllers: [], legacy: [:]))
    }

    @Test func thisHostHasALayout() throws {
        let layout = try CgroupLayout.detect()
        #expect(layout.unified != nil || !layout.legacy.isEmpty)
        for mount in layout.hierarchies { #expect(exists("\(mount)/cgroup.procs"), "\(mount)") }
    }
}
