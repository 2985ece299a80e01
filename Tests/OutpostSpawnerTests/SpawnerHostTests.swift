// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostSpawner

/// Runs and sandboxes on this host's kernel, in cgroups of the test's own. The process keeps its root and its own cgroup.
@Suite(.enabled("making cgroups needs root") { Privileges.isRoot }, .timeLimit(.minutes(5)))
struct SpawnerHostTests {
    private static let limits = RunLimits(memoryBytes: 64 << 20, cpuQuotaMicroseconds: 50_000, processes: 10)

    private func withHost(_ body: (inout SpawnerHost) throws -> Void) throws {
        let base = "outpost-test-\(UInt64.random(in: 0...(.max)))"
        let directory = "/tmp/\(base)"
        let layout = try CgroupLayout.detect()
        let view = CgroupView(layout)
        let tree = CgroupTree(layout: layout, base: base, files: KernelCgroupFiles())
        try makeDirectory(directory)
        try tree.prepare()
        var host = SpawnerHost(
            SpawnerConfiguration(dataDirectory: directory, cgroupBase: base, firstID: 0x5000_0000, slots: 100),
            SpawnerRoot(layout: layout, masks: ProcMasks(proc: "/proc"), view: view), tree,
            LimitCopies(view, root: directory))
        let outcome = Result { try body(&host) }
        for name in try tree.names() {
            try tree.kill(name)
            try eventually { try isRemoved(name, tree) }
        }
        try tree.removeBase()
        try removeTree(directory)
        try outcome.get()
    }

    private func isRemoved(_ name: String, _ tree: CgroupTree<KernelCgroupFiles>) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try tree.remove(name)
            return true
        } catch {
            guard error.number == SystemError.busy else { throw error }
            return false
        }
    }

    /// Returns when `condition` holds. No event tells that a cgroup is empty (`EndingCgroups`).
    private func eventually(_ condition: () throws -> Bool) throws {
        let deadline = monotonicNanoseconds() + 60_000_000_000
        while try !condition() {
            try #require(monotonicNanoseconds() < deadline, "it does not become true")
            _ = try poll([], milliseconds: 1)
        }
    }

    /// A process that waits to be killed.
    private func child(entering cgroupProcs: [Descriptor] = []) throws -> ChildProcess {
        let failures = try Descriptor.pipe()
        let steps =
            SpawnerHost.entering(cgroupProcs.map(\.number)) + [
                .execute("sleep", searchPath: "/usr/bin:/bin", arguments: ["sleep", "600"], environment: [])
            ]
        let child = try ChildProcess.clone(sandboxed: false, failures: failures.write, steps)
        withExtendedLifetime(cgroupProcs) {}
        failures.write.closeNow()
        if let failure = try ChildProcess.failure(from: failures.read) { throw failure }
        return child
    }

    private func number(of body: () throws -> Void) -> Int32? {
        #expect(throws: SystemError.self) { try body() }?.number
    }

    // MARK: - Runs

    @Test func aRunCannotBePreparedTwice() throws {
        try withHost { host in
            let group = try host.groups.acquire("team-a")
            let (descriptors, _) = try host.prepare(1, in: group, slot: 0, Self.limits)
            #expect(descriptors.count == host.tree.layout.hierarchies.count + host.root.view.mountCount)
            #expect(number { _ = try host.prepare(1, in: group, slot: 0, Self.limits) } == SystemError.exists)
            // The first one goes on.
            #expect(try host.name(of: 1) == group.run(1))
            try host.finish(1, slot: 0, request: 7)
            #expect(host.takeFinishedRuns().map(\.request) == [7])
        }
    }

    @Test func aRunThatCannotBePreparedLeavesNothing() throws {
        try withHost { host in
            let group = try host.groups.acquire("team-a")
            // A file where the copies of its limits would be.
            let place = "\(host.configuration.dataDirectory)/0"
            try Descriptor.open(place, [.writeOnly, .create], mode: 0o644).closeNow()
            #expect(throws: SystemError.self) { try host.prepare(1, in: group, slot: 0, Self.limits) }
            #expect(number { _ = try host.name(of: 1) } == SystemError.notFound)
            host.retryRemovals()
            #expect(try host.tree.names(below: group.path) == ["\(group.path)/agent"])
            try removeEntry(place)
            _ = try host.prepare(1, in: group, slot: 0, Self.limits)
            #expect(try host.name(of: 1) == group.run(1))
        }
    }

    @Test func aForgottenRunIsRemoved() throws {
        try withHost { host in
            let group = try host.groups.acquire("team-a")
            _ = try host.prepare(1, in: group, slot: 0, Self.limits)
            host.forget(1)
            host.forget(1)
            #expect(host.patience == 1)
            #expect(number { try host.finish(1, slot: 0, request: 7) } == SystemError.notFound)
            host.retryRemovals()
            #expect(try host.tree.names(below: group.path) == ["\(group.path)/agent"])
            #expect(host.takeFinishedRuns().isEmpty)
            _ = try host.prepare(1, in: group, slot: 0, Self.limits)
        }
    }

    @Test func whatIsAskedOfAnUnknownRunIsRefused() throws {
        try withHost { host in
            let calls: [(inout SpawnerHost) throws -> Void] = [
                { try $0.finish(9, slot: 0, request: 1) }, { try $0.limit(9, Self.limits) }, { try $0.kill(9) },
                { _ = try $0.counters(9) },
                { _ = try $0.meter(9, withStall: true, withMemory: true) }, { _ = try $0.abandon(9) },
                { try $0.setAffinity(of: 9, to: ProcessorSet([])) },
            ]
            for call in calls { #expect(number { try call(&host) } == SystemError.notFound) }
            #expect(host.takeFinishedRuns().isEmpty && host.patience == -1)
        }
    }

    @Test func theLimitsOfARunChangeInTheKernelAndInItsCopies() throws {
        try withHost { host in
            let group = try host.groups.acquire("team-a")
            _ = try host.prepare(1, in: group, slot: 0, Self.limits)
            let lower = RunLimits(memoryBytes: 32 << 20, cpuQuotaMicroseconds: 20_000, processes: 3)
            try host.limit(1, lower)
            let pids = host.tree.layout.isUnified(.pids) ? host.tree.layout.unified : host.tree.layout.legacy["pids"]
            let path = host.tree.path(try #require(pids), group.run(1))
            #expect(try readText("\(path)/pids.max") == "3\n")
            for copy in host.root.view.copies(of: CgroupLimits(lower)) {
                #expect(try readText("\(host.configuration.dataDirectory)/0/\(copy.path)") == copy.text, "\(copy.path)")
            }
        }
    }

    @Test func aRunGetsNoMoreProcessorTimeThanItsTenant() throws {
        try withHost { host in
            try host.groups.setShare(CgroupShare(TenantShare(cpuQuotaMicroseconds: 30_000)), of: "team-a")
            let group = try host.groups.acquire("team-a")
            _ = try host.prepare(1, in: group, slot: 0, Self.limits)
            var fitting = CgroupLimits(Self.limits)
            fitting.cpuQuotaMicroseconds = 30_000
            for copy in host.root.view.copies(of: fitting) {
                #expect(try readText("\(host.configuration.dataDirectory)/0/\(copy.path)") == copy.text, "\(copy.path)")
            }
        }
    }

    @Test func aFinishedRunIsAnsweredOnceWhenItsLastProcessIsDead() throws {
        try withHost { host in
            let group = try host.groups.acquire("team-a")
            _ = try host.prepare(1, in: group, slot: 0, Self.limits)
            let process = try child(entering: host.tree.cgroupProcs(group.run(1)))
            #expect(try host.tree.processes(group.run(1)) == [process.pid])
            try host.finish(1, slot: 0, request: 7)
            #expect(number { try host.finish(1, slot: 0, request: 8) } == SystemError.notFound)
            #expect(try process.wait() == .signal(SignalNumber.kill))
            var answered: [DyingRuns.Run] = []
            try eventually {
                host.retryRemovals()
                answered += host.takeFinishedRuns()
                return try !answered.isEmpty && host.tree.names(below: group.path) == ["\(group.path)/agent"]
            }
            #expect(answered.map(\.number) == [1] && answered.map(\.request) == [7])
            #expect(answered.allSatisfy { $0.usage.memoryPeakBytes > 0 && $0.usage.freeBytes == nil })
            #expect(number { _ = try host.abandon(1) } == SystemError.notFound)
        }
    }

    // MARK: - Sandboxes

    @Test func theDestructionOfAnEmptySlotIsAnsweredAtOnce() throws {
        try withHost { host in
            try host.destroy(3, request: 5)
            #expect(host.takeFinishedDestroys() == [5])
            #expect(host.takeFinishedDestroys() == [])
        }
    }

    @Test func aSandboxIsDestroyedWhenItsProcessIsReaped() throws {
        try withHost { host in
            let process = try child()
            host.sandboxes[3] = SpawnerHost.LiveSandbox(
                child: process, group: try host.groups.acquire("team-a"), disk: nil)
            #expect(try host.process(3) == process.pid)
            try host.destroy(3, request: 5)
            #expect(try process.wait() == .signal(SignalNumber.kill))
            #expect(host.takeFinishedDestroys() == [])
            host.reaped(process.pid)
            #expect(host.takeFinishedDestroys() == [5])
            #expect(number { _ = try host.process(3) } == SystemError.notFound)
            #expect(number { _ = try host.group(3) } == SystemError.notFound)
        }
    }

    @Test func aSandboxThatEndedByItselfKeepsItsSlotUntilItIsDestroyed() throws {
        try withHost { host in
            let process = try child()
            let group = try host.groups.acquire("team-a")
            host.sandboxes[3] = SpawnerHost.LiveSandbox(child: process, group: group, disk: nil)
            try process.signal(SignalNumber.kill)
            #expect(try process.wait() == .signal(SignalNumber.kill))
            host.reaped(process.pid)
            host.reaped(process.pid)
            #expect(try host.group(3) == group)
            try host.destroy(3, request: 5)
            #expect(host.takeFinishedDestroys() == [5])
            // The cgroup is the next sandbox's of the tenant, and nobody else's.
            #expect(try host.groups.acquire("team-a") == group)
            #expect(try host.groups.acquire("team-a") != group)
        }
    }

    @Test func aSandboxThatAZygoteClonedIsWatchedByItsDescriptor() throws {
        try withHost { host in
            let process = try child()
            host.sandboxes[3] = SpawnerHost.LiveSandbox(
                child: process, group: try host.groups.acquire("team-a"), isForeign: true, disk: nil)
            #expect(host.dyingForeigners.isEmpty)
            try host.destroy(3, request: 5)
            #expect(host.dyingForeigners.map(\.slot) == [3])
            let pidfd = try #require(host.dyingForeigners.first).pidfd
            #expect(try poll([PollEntry(pidfd)], milliseconds: 60_000)[0].isReadable)
            host.ended(3)
            #expect(host.dyingForeigners.isEmpty)
            #expect(host.takeFinishedDestroys() == [5])
            _ = try process.wait()
        }
    }

    @Test func eachKindOfSandboxHasItsOwnSlots() throws {
        try withHost { host in
            func isFree(_ slot: UInt32, zygote: Bool = false) -> Bool {
                host.isFree(
                    LaunchRequest(
                        slot: slot, tenant: "t", storage: .memory(bytes: 1, files: 1), hostname: "h", scratchBytes: 1,
                        workingDirectory: "/", owner: 0, isZygote: zygote))
            }
            #expect([0, 83, 84, 99, 100, .max].map { isFree($0) } == [true, true, false, false, false, false])
            #expect([83, 84, 99, 100].map { isFree($0, zygote: true) } == [false, true, true, false])
            let process = try child()
            host.sandboxes[3] = SpawnerHost.LiveSandbox(
                child: process, group: try host.groups.acquire("team-a"), disk: nil)
            #expect(!isFree(3) && isFree(4))
            try process.signal(SignalNumber.kill)
            _ = try process.wait()
        }
    }
}
