// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// The tree of tenants, their sandboxes and runs.
struct SandboxCgroupsTests {
    private static let second: UInt64 = 1_000_000_000

    @Test(arguments: CgroupHost.Kind.allCases)
    func aSandboxHasItsAgentBelowItsTenantInEveryHierarchy(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        var groups = SandboxCgroups(host.tree)
        let group = try groups.acquire("team-a")
        #expect(group.path == "team-a/sandbox-0")
        #expect(group.run(7) == "team-a/sandbox-0/run-7")
        #expect(host.exists("team-a/sandbox-0/agent").allSatisfy { $0 })
        try host.tree.create(group.run(7), limits: .sample)
        #expect(host.exists("team-a/sandbox-0/run-7").allSatisfy { $0 })
    }

    @Test(arguments: [("", "_server"), ("tasks", "_tasks"), ("team-a", "team-a")])
    func noTenantsNameIsAFileOfTheKernelsOrTheServersOwn(tenant: String, directory: String) throws {
        let host = try CgroupHost.legacy()
        var groups = SandboxCgroups(host.tree)
        #expect(try groups.acquire(tenant).path == "\(directory)/sandbox-0")
    }

    @Test func aTenantsCgroupIsUsedAgainByTheSameTenantOnly() throws {
        let host = try CgroupHost.hybrid()
        var groups = SandboxCgroups(host.tree)
        let first = try groups.acquire("a")
        let second = try groups.acquire("a")
        #expect(first.number != second.number)
        groups.release(first, now: 0)
        host.files.change { $0.log = [] }
        #expect(try groups.acquire("b").path == "b/sandbox-0")
        host.files.change { $0.log = [] }
        #expect(try groups.acquire("a") == first)
        #expect(host.files.log == [], "nothing is made again")
    }

    /// A run that somebody forgot must not make its cgroup useless for the next sandbox.
    @Test(arguments: CgroupHost.Kind.allCases)
    func whatCannotBeRemovedStaysWhole(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        var groups = SandboxCgroups(host.tree)
        let group = try groups.acquire("a")
        try host.tree.create(group.run(7), limits: .sample)
        groups.release(group, now: 0)
        groups.tidy(now: 2 * Self.second)
        #expect(host.exists("a/sandbox-0/agent").allSatisfy { $0 })
        #expect(try groups.acquire("a") == group)
        try host.tree.remove(group.run(7))
        groups.release(group, now: 3 * Self.second)
        groups.tidy(now: 5 * Self.second)
        #expect(try host.tree.names() == [])
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func whatNobodyUsesGoesAfterAWhileAndItsTenantWithIt(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        var groups = SandboxCgroups(host.tree)
        let group = try groups.acquire("a")
        groups.tidy(now: 5 * Self.second)
        #expect(try host.tree.names() == ["a/sandbox-0/agent", "a/sandbox-0", "a"], "it is in use")
        groups.release(group, now: 5 * Self.second)
        #expect(groups.hasFree)
        groups.tidy(now: 5 * Self.second + Self.second / 2)
        #expect(try host.tree.names().count == 3, "not yet")
        groups.tidy(now: 7 * Self.second)
        #expect(try host.tree.names() == [])
        #expect(!groups.hasFree)
        #expect(try groups.acquire("a").path == "a/sandbox-0", "and it can come again")
    }

    @Test func whatCannotBeRemovedYetStaysForTheNextTime() throws {
        let host = try CgroupHost.unified()
        var groups = SandboxCgroups(host.tree)
        let group = try groups.acquire("a")
        host.files.change { $0.processes[host.tree.path("/cg", group.agent)] = [7] }
        groups.release(group, now: 0)
        groups.tidy(now: 2 * Self.second)
        #expect(host.exists(group.path) == [true])
        host.files.change { $0.processes = [:] }
        groups.tidy(now: 3 * Self.second)
        #expect(host.exists("a") == [false])
    }

    @Test func aShareHoldsForATenantThatIsThereAndForOneThatComes() throws {
        let host = try CgroupHost.unified()
        var groups = SandboxCgroups(host.tree)
        _ = try groups.acquire("a")
        let share = CgroupShare(weight: 300, memoryBytes: 4096, cpuQuotaMicroseconds: 50_000, processes: 9)
        try groups.setShare(share, of: "a")
        try groups.setShare(share, of: "b")
        _ = try groups.acquire("b")
        for tenant in ["a", "b"] {
            #expect(host.files.value("/cg/base/\(tenant)/cpu.weight") == "300")
            #expect(host.files.value("/cg/base/\(tenant)/cpu.max") == "50000 100000")
            #expect(host.files.value("/cg/base/\(tenant)/memory.max") == "4096")
            #expect(host.files.value("/cg/base/\(tenant)/pids.max") == "9")
        }
        #expect(groups.fitting(.sample, in: "a").cpuQuotaMicroseconds == 50_000)
        try groups.setShare(CgroupShare(cpuQuotaMicroseconds: 10_000), of: "a")
        #expect(groups.fitting(.sample, in: "a").cpuQuotaMicroseconds == 10_000, "no more than the tenant's")
        #expect(groups.fitting(.sample, in: "c") == .sample)
    }

    @Test func theAgentAndTheServersOwnGoBeforeRuns() throws {
        let host = try CgroupHost.hybrid()
        var groups = SandboxCgroups(host.tree)
        let group = try groups.acquire("a")
        _ = try groups.acquire("")
        #expect(host.files.value("/v1/cpu/base/a/cpu.shares") == "1024")
        #expect(host.files.value("/v1/cpu/base/\(group.agent)/cpu.shares") == "10240")
        #expect(host.files.value("/v1/cpu/base/_server/cpu.shares") == "10240")
    }

    /// Whatever operation fails, the next attempt finds nothing in its way.
    @Test(arguments: CgroupHost.Kind.allCases)
    func aSandboxThatCouldNotBeMadeLeavesNothing(kind: CgroupHost.Kind) throws {
        for step in 0..<100 {
            let host = try kind.host()
            var groups = SandboxCgroups(host.tree)
            host.files.change { $0.operationsUntilFailure = step }
            let taken = try? groups.acquire("a")
            if taken != nil {
                #expect(step > 3, "a failure went unseen")
                return
            }
            host.files.change { $0.operationsUntilFailure = nil }
            #expect(host.exists("a/sandbox-0").allSatisfy { !$0 }, "step \(step)")
            #expect(try groups.acquire("a").path == "a/sandbox-0", "step \(step)")
        }
        Issue.record("it never succeeded")
    }

    @Test func aCgroupIsFrozenWhereTheHostCan() throws {
        let unified = try CgroupHost.hybrid()
        try unified.tree.create("run-1", limits: .sample)
        try unified.tree.setFrozen(true, "run-1")
        #expect(unified.files.value("/cg/base/run-1/cgroup.freeze") == "1")
        try unified.tree.setFrozen(false, "run-1")
        #expect(unified.files.value("/cg/base/run-1/cgroup.freeze") == "0")
        let legacy = try CgroupHost.legacy()
        try legacy.tree.create("run-1", limits: .sample)
        try legacy.tree.setFrozen(true, "run-1")
        #expect(legacy.files.value("/v1/freezer/base/run-1/freezer.state") == "FROZEN")
        try legacy.tree.setFrozen(true, "run-2")
    }
}
