// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// The base that all cgroups of a server are below.
struct CgroupTreeTests {
    @Test func versionTwoHandsItsControllersDownBeforeAndBelowTheBase() throws {
        let files = FakeCgroupFiles(unified: "/cg")
        let layout = CgroupLayout(unified: "/cg", unifiedControllers: ["cpu", "memory", "pids"], legacy: [:])
        try CgroupTree(layout: layout, base: "base", files: files).prepare()
        #expect(
            files.log == [
                "write /cg/cgroup.subtree_control +memory +cpu +pids", "mkdir /cg/base",
                "write /cg/base/cgroup.subtree_control +memory +cpu +pids",
            ])
    }

    @Test func aHybridHostEnablesNothingInVersionTwo() throws {
        let host = try CgroupHost.hybrid()
        #expect(host.files.value("/cg/base/cgroup.subtree_control") == "")
        #expect(host.files.has("/v1/memory/base"))
        #expect(!host.files.has("/v1/freezer/base"))
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func preparingAgainIsFine(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.prepare()
        #expect(!host.files.log.contains { $0.hasPrefix("mkdir") })
    }

    @Test func aControllerThatIsNowhereIsAnError() {
        let layout = CgroupLayout(unified: "/cg", unifiedControllers: ["cpu", "memory"], legacy: [:])
        let tree = CgroupTree(layout: layout, base: "base", files: FakeCgroupFiles(unified: "/cg"))
        #expect(throws: SystemError("find the cgroup controller", path: "pids", number: 95)) { try tree.prepare() }
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func namesAreTheUnionOfAllHierarchies(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        let last = try #require(host.tree.layout.hierarchies.last)
        try host.files.makeDirectory(host.tree.path(host.tree.layout.hierarchies[0], "run-2"))
        try host.files.makeDirectory(host.tree.path(last, "run-1"))
        #expect(try host.tree.names() == ["run-1", "run-2"])
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func removingTakesTheCgroupOutOfEveryHierarchyAndAGoneOneIsFine(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.enter("agents")
        #expect(throws: SystemError.self, "it has a process") { try host.tree.remove("agents") }
        host.files.change { $0.processes = [:] }
        try host.tree.remove("agents")
        #expect(!host.exists("agents").contains(true))
        try host.tree.remove("agents")
        try host.tree.removeBase()
        #expect(try host.tree.names() == [])
        try host.tree.removeBase()
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func aBusyCgroupSaysSoAndCanBeRemovedLater(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.create("run-1", limits: .sample)
        for mount in host.tree.layout.hierarchies {
            host.files.change { $0.processes[host.tree.path(mount, "run-1")] = [7] }
        }
        let error = #expect(throws: SystemError.self) { try host.tree.remove("run-1") }
        #expect(error?.number == SystemError.busy)
        host.files.change { $0.processes = [:] }
        try host.tree.remove("run-1")
        #expect(!host.exists("run-1").contains(true))
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func aProcessEntersEveryHierarchy(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.enter("agents")
        #expect(host.files.writes == host.tree.layout.hierarchies.map { _ in "cgroup.procs 0" })
        #expect(try host.tree.cgroupProcs("agents").count == host.tree.layout.hierarchies.count)
    }
}

extension CgroupLimits {
    static let sample = CgroupLimits(memoryBytes: 64 << 20, cpuQuotaMicroseconds: 50_000, processes: 32)
}
