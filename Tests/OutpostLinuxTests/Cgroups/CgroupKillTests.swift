// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// Everything in a cgroup dies, and nothing is left frozen.
struct CgroupKillTests {
    @Test(arguments: [CgroupHost.Kind.unified, .hybrid])
    func versionTwoKillsInOneWriteAndLooks(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.create("run-1", limits: .sample)
        host.files.change { $0.log = [] }
        try host.tree.kill("run-1")
        #expect(host.files.log == ["write /cg/base/run-1/cgroup.kill 1", "read /cg/base/run-1/cgroup.procs"])
    }

    @Test(arguments: [CgroupHost.Kind.unified, .hybrid])
    func whatOutlivesTheKernelsPassIsFrozenAndSignalled(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.create("run-1", limits: .sample)
        let child = try WaitingChild()
        host.files.change {
            $0.log = []
            $0.processLists = [[child.pid]]
        }
        try host.tree.kill("run-1")
        #expect(try child.wait() == .signal(SignalNumber.kill))
        #expect(host.files.writes == ["cgroup.kill 1", "cgroup.freeze 1", "cgroup.freeze 0"])
    }

    @Test func versionOneFreezesSignalsAndThaws() throws {
        let host = try CgroupHost.legacy()
        try host.tree.create("run-1", limits: .sample)
        let first = try WaitingChild()
        let second = try WaitingChild()
        // The second one is forked while the first one is signalled.
        host.files.change {
            $0.log = []
            $0.processLists = [[first.pid], [first.pid, second.pid]]
        }
        try host.tree.kill("run-1")
        #expect(try first.wait() == .signal(SignalNumber.kill))
        #expect(try second.wait() == .signal(SignalNumber.kill))
        let state = "write /v1/freezer/base/run-1/freezer.state"
        let list = "read /v1/memory/base/run-1/cgroup.procs"
        #expect(host.files.log == ["\(state) FROZEN", list, list, list, "\(state) THAWED"])
    }

    @Test func aTreeIsThawedAlsoWhenSignallingFails() throws {
        let host = try CgroupHost.legacy()
        try host.tree.create("run-1", limits: .sample)
        host.files.change {
            $0.log = []
            $0.failures["cgroup.procs"] = 5
        }
        let error = #expect(throws: SystemError.self) { try host.tree.kill("run-1") }
        #expect(error?.number == 5)
        #expect(host.files.writes == ["freezer.state FROZEN", "freezer.state THAWED"])
    }

    @Test func processesThatDiedMeanwhileAreNoError() throws {
        let host = try CgroupHost.legacy()
        try host.tree.create("run-1", limits: .sample)
        let child = try WaitingChild()
        try child.kill()
        #expect(try child.wait() == .signal(SignalNumber.kill))
        host.files.change { $0.processLists = [[child.pid]] }
        try host.tree.kill("run-1")
    }

    @Test(arguments: CgroupHost.Kind.allCases)
    func killingWhatIsGoneIsFine(kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.kill("run-1")
        #expect(try host.tree.processes("run-1") == [])
    }

    @Test func aFailingWriteIsAnError() throws {
        let host = try CgroupHost.unified()
        try host.tree.create("run-1", limits: .sample)
        host.files.change { $0.failures["cgroup.kill"] = 13 }
        #expect(throws: SystemError.self) { try host.tree.kill("run-1") }
    }

    /// With version 2 but no `cgroup.kill` the freezer of version 1 holds nothing of the run.
    @Test func aHybridHostWithoutTheKillFileSignalsWithoutFreezing() throws {
        let host = try CgroupHost.hybrid()
        try host.tree.create("run-1", limits: .sample)
        let child = try WaitingChild()
        host.files.change {
            $0.directories["/cg/base/run-1"]?["cgroup.kill"] = nil
            $0.processLists = [[child.pid]]
        }
        try host.tree.kill("run-1")
        try #require(host.files.log.last == "read /cg/base/run-1/cgroup.procs")
        #expect(try child.wait() == .signal(SignalNumber.kill))
    }

    /// The kernel lists a process of another pid namespace as 0; a signal to 0 would go to this process's own group.
    @Test func aProcessThatCannotBeNamedIsNotSignalled() throws {
        let host = try CgroupHost.legacy()
        try host.tree.create("run-1", limits: .sample)
        host.files.change { $0.processLists = [[0, -1]] }
        try #require(try host.tree.processes("run-1") == [])
        try host.tree.kill("run-1")
        #expect(host.files.writes.last == "freezer.state THAWED")
    }
}
