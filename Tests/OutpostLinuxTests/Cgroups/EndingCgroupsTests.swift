// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

struct EndingCgroupsTests {
    private static let millisecond: UInt64 = 1_000_000

    @Test(arguments: CgroupHost.Kind.allCases)
    func oneThatIsEmptyIsRemovedAtTheFirstLook(_ kind: CgroupHost.Kind) throws {
        let host = try kind.host()
        try host.tree.create("run", limits: .sample)
        var ending = EndingCgroups()
        ending.insert("run", now: 0)
        #expect(ending.retry(in: host.tree, now: 0) == ["run"])
        #expect(ending.isEmpty)
        #expect(try host.tree.names() == [])
    }

    /// What enters after the kill would live for as long as it likes, and nobody would hear of the end of the run.
    @Test func oneThatIsNotEmptyIsKilledAgainAfterTimesThatDouble() throws {
        let host = try CgroupHost.unified()
        try host.tree.create("run", limits: .sample)
        host.files.change {
            $0.processes["/cg/base/run"] = [1]
            $0.log = []
        }
        var ending = EndingCgroups()
        ending.insert("run", now: 0)
        let killed = (0...200).filter { time in
            let before = host.files.log.count
            #expect(ending.retry(in: host.tree, now: UInt64(time) * Self.millisecond) == [])
            return host.files.log.dropFirst(before).contains("write /cg/base/run/cgroup.kill 1")
        }
        #expect(killed == [10, 30, 70, 150])
        host.files.change { $0.processes = [:] }
        #expect(ending.retry(in: host.tree, now: 201 * Self.millisecond) == ["run"])
    }

    @Test func oneThatCannotBeKilledIsTriedAgain() throws {
        let host = try CgroupHost.unified()
        try host.tree.create("run", limits: .sample)
        host.files.change {
            $0.processes["/cg/base/run"] = [1]
            $0.failures["cgroup.kill"] = SystemError.busy
        }
        var ending = EndingCgroups()
        ending.insert("run", now: 0)
        #expect(ending.retry(in: host.tree, now: 10 * Self.millisecond) == [])
        host.files.change {
            $0.failures = [:]
            $0.log = []
        }
        #expect(ending.retry(in: host.tree, now: 30 * Self.millisecond) == [])
        #expect(host.files.writes.contains("cgroup.kill 1"))
    }
}
