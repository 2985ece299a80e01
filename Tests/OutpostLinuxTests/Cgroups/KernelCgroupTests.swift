// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

/// The same on this host's own kernel.
@Suite(.enabled("making cgroups needs root") { Privileges.isRoot })
struct KernelCgroupTests {
    private func withTree(_ body: (CgroupTree<KernelCgroupFiles>) throws -> Void) throws {
        let base = "outpost-test-\(UInt32.random(in: 0...(.max)))"
        let tree = CgroupTree(layout: try CgroupLayout.detect(), base: base, files: KernelCgroupFiles())
        try tree.prepare()
        let outcome = Result { try body(tree) }
        for name in try tree.names() { try removeWhenEmpty(name, tree) }
        try tree.removeBase()
        try outcome.get()
    }

    /// A process leaves its cgroup a moment after its files are closed, and version 1 tells of that only by not refusing.
    private func removeWhenEmpty(_ name: String, _ tree: CgroupTree<KernelCgroupFiles>) throws {
        let deadline = monotonicNanoseconds() + 60_000_000_000
        while true {
            do throws(SystemError) {
                return try tree.remove(name)
            } catch {
                guard error.number == SystemError.busy, monotonicNanoseconds() < deadline else { throw error }
            }
        }
    }

    @Test func aRunWithLimitsIsMadeCountedKilledAndRemoved() throws {
        try withTree { tree in
            try tree.create("run-1", limits: .sample)
            #expect(try tree.names() == ["run-1"])
            let cgroupProcs = try tree.cgroupProcs("run-1")
            let child = try WaitingChild(entering: cgroupProcs)
            #expect(try tree.processes("run-1") == [child.pid])
            let usage = try tree.usage("run-1")
            #expect(usage.memoryPeakBytes > 0)
            #expect(usage.memoryKills == 0)
            try tree.kill("run-1")
            #expect(try child.wait() == .signal(SignalNumber.kill))
            #expect(try tree.processes("run-1") == [])
            try tree.remove("run-1")
            #expect(try tree.names() == [])
        }
    }

    @Test func openCountersTellTheSameUntilTheCgroupIsRemoved() throws {
        try withTree { tree in
            try tree.create("run-1", limits: .sample)
            let counters = try CgroupCounters(of: "run-1", in: tree)
            let child = try WaitingChild(entering: try tree.cgroupProcs("run-1"))
            let before = (try tree.cpuMicroseconds("run-1"), try tree.programMemoryPeak("run-1"))
            let read = try #require(CgroupCounters(counters.descriptors)).read()
            let after = (try tree.cpuMicroseconds("run-1"), try tree.programMemoryPeak("run-1"))
            #expect((before.0...after.0).contains(read.cpuMicroseconds))
            #expect(read.programMemoryPeak > 0 && (before.1...after.1).contains(read.programMemoryPeak))
            try tree.kill("run-1")
            #expect(try child.wait() == .signal(SignalNumber.kill))
            try removeWhenEmpty("run-1", tree)
            #expect(try errorNumber { _ = try counters.read() } == ENODEV)
            #expect(try errorNumber { _ = try CgroupCounters(of: "run-1", in: tree) } == SystemError.notFound)
        }
    }

    /// The process was on its way when the kill found nobody.
    @Test func whatEntersAfterTheKillIsKilledToo() throws {
        try withTree { tree in
            try tree.create("run-1", limits: .sample)
            let cgroupProcs = try tree.cgroupProcs("run-1")
            try tree.kill("run-1")
            var ending = EndingCgroups()
            ending.insert("run-1", now: monotonicNanoseconds())
            let child = try WaitingChild(entering: cgroupProcs)
            let deadline = monotonicNanoseconds() + 60_000_000_000
            var gone: [String] = []
            while gone.isEmpty, monotonicNanoseconds() < deadline {
                gone = ending.retry(in: tree, now: monotonicNanoseconds())
                _ = try poll([], milliseconds: 1)
            }
            // One that lives would be waited for without end.
            try #require(gone == ["run-1"])
            #expect(try child.wait() == .signal(SignalNumber.kill))
        }
    }

    @Test func limitsCanBeLoweredAndRaised() throws {
        try withTree { tree in
            try tree.create("run-1", limits: .sample)
            for (mebibytes, quota, processes) in [(16, 5000, 2), (256, 250_000, 500), (64, 100_000, 10)] {
                try tree.limit(
                    "run-1",
                    to: CgroupLimits(memoryBytes: mebibytes << 20, cpuQuotaMicroseconds: quota, processes: processes))
            }
        }
    }

    @Test func everyProcessOfATreeDies() throws {
        try withTree { tree in
            try tree.create("run-1", limits: .sample)
            let pipe = try Descriptor.pipe()
            let child = try WaitingChild(
                entering: try tree.cgroupProcs("run-1"),
                running: "sleep 600 & sleep 600 & echo; wait", output: pipe.write)
            pipe.write.closeNow()
            var line = [UInt8](repeating: 0, count: 16)
            #expect(try pipe.read.read(into: &line) == 1)
            #expect(try tree.processes("run-1").count == 3)
            try tree.kill("run-1")
            #expect(try child.wait() == .signal(SignalNumber.kill))
            // The end of the file is the death of the last one that could write.
            #expect(try pipe.read.read(into: &line) == 0)
            try removeWhenEmpty("run-1", tree)
            #expect(try tree.names() == [])
        }
    }

    /// `cgroup.kill` alone leaves it alive (Linux 6.18).
    @Test func aProcessWhoseFirstThreadHasEndedDies() throws {
        let program = """
            import ctypes, os, threading, time
            def go_on():
                while " Z " not in open(f"/proc/self/task/{os.getpid()}/stat").read(): pass
                print(flush=True)
                time.sleep(600)
            threading.Thread(target=go_on).start()
            ctypes.CDLL(None).pthread_exit(None)
            """
        try withTree { tree in
            try tree.create("run-1", limits: .sample)
            let pipe = try Descriptor.pipe()
            let child = try WaitingChild(
                entering: try tree.cgroupProcs("run-1"), running: "exec /usr/bin/python3 -c '\(program)'",
                output: pipe.write)
            pipe.write.closeNow()
            var line = [UInt8](repeating: 0, count: 16)
            #expect(try pipe.read.read(into: &line) == 1)
            try tree.kill("run-1")
            #expect(try child.wait() == .signal(SignalNumber.kill))
            try removeWhenEmpty("run-1", tree)
        }
    }

    @Test func theProcessLimitHoldsAndIsCounted() throws {
        try withTree { tree in
            try tree.create(
                "run-1", limits: CgroupLimits(memoryBytes: 64 << 20, cpuQuotaMicroseconds: 100_000, processes: 1))
            let child = try WaitingChild(entering: try tree.cgroupProcs("run-1"), running: "/bin/true; /bin/true")
            #expect(try child.wait() != .code(0))
            #expect(try tree.usage("run-1").processRefusals > 0)
        }
    }

    @Test func aNameThatIsTakenIsRefused() throws {
        try withTree { tree in
            try tree.create("run-1", limits: .sample)
            let error = #expect(throws: SystemError.self) { try tree.create("run-1", limits: .sample) }
            #expect(error?.number == SystemError.exists)
        }
    }
}
