// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

@testable import OutpostSpawner

/// Which threads are a crowd, and for how long its runs are frozen.
struct CrowdTests {
    private static let spawner: Int32 = 1
    private static let lock = ThreadWait(place: "rtnl_dumpit")

    /// A folder that looks like a cgroup hierarchy, and the waits of its threads.
    private final class Host {
        let tree: CgroupTree<KernelCgroupFiles>
        var waits: [Int32: ThreadWait] = [CrowdTests.spawner: CrowdTests.lock]
        private let root = "/tmp/outpost-crowds-\(UInt64.random(in: 0...(.max)))"
        private var last: Int32 = 1

        init() throws {
            try makeDirectories("\(root)/base")
            tree = CgroupTree(
                layout: CgroupLayout(unified: root, unifiedControllers: ["memory", "cpu", "pids"], legacy: [:]),
                base: "base", files: KernelCgroupFiles())
        }

        deinit { try? removeTree(root) }

        /// Adds a cgroup with threads, the first ones of which wait.
        func add(_ name: String, threads: Int, waiting: Int, at wait: ThreadWait = CrowdTests.lock) throws {
            let folder = "\(root)/base/\(name)"
            try makeDirectories(folder)
            let ids = (0..<threads).map { _ in
                last += 1
                return last
            }
            for id in ids.prefix(waiting) { waits[id] = wait }
            try write("\(folder)/cgroup.threads", ids.map { "\($0)\n" }.joined())
            try write("\(folder)/cgroup.freeze", "0")
        }

        private func write(_ path: String, _ text: String) throws {
            try writeFile(path, text, flags: [.writeOnly, .create, .truncate], mode: 0o600)
        }

        func isFrozen(_ name: String) throws -> Bool { try tree.isFrozen(name) }

        var crowds: [CrowdSearch<KernelCgroupFiles>.Crowd] {
            get throws { try CrowdSearch(tree) { self.waits[$0] }.crowds(spawner: CrowdTests.spawner) }
        }
    }

    @Test func threadsOfATenantThatWaitAtOnePlaceAreACrowd() throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 20, waiting: 14)
        try host.add("a/sandbox-3/run-2", threads: 12, waiting: 12)
        try host.add("a/sandbox-3/run-4", threads: 12, waiting: 0)
        try host.add("b/sandbox-0/run-3", threads: 30, waiting: 23)
        let crowd = try #require(try host.crowds.first)
        #expect(try host.crowds.count == 1)
        #expect(crowd.tenant == "a" && crowd.threads == 26 && crowd.place == "rtnl_dumpit")
        #expect(crowd.runs.sorted() == ["a/sandbox-0/run-1", "a/sandbox-3/run-2"])
    }

    @Test(arguments: [
        "folio_wait_bit_common", "vm_mmap_pgoff", "anon_pipe_write", "ext4_buffered_write_iter", "do_unlinkat",
    ])
    func threadsAtDifferentPlacesAndThoseThatWaitForSomethingOfTheirOwnAreNone(_ place: String) throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 20, waiting: 20)
        try host.add("a/sandbox-0/run-2", threads: 20, waiting: 20, at: ThreadWait(place: "m_start"))
        try host.add("b/sandbox-0/run-3", threads: 60, waiting: 60, at: ThreadWait(place: place))
        #expect(try host.crowds.isEmpty)
    }

    @Test func ofATenantThatHadACrowdFewerThreadsAreOne() throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 30, waiting: 30)
        var brake = CrowdBrake(host.tree)
        #expect(brake.suspects(now: 0).isEmpty)
        _ = try brake.stop(try #require(try host.crowds.first), now: 0)
        #expect(brake.suspects(now: 61_000_000_000) == ["a"] && brake.suspects(now: 62_000_000_000).isEmpty)
        let other = try Host()
        try other.add("a/sandbox-0/run-1", threads: 16, waiting: 6)
        try other.add("b/sandbox-0/run-2", threads: 16, waiting: 6)
        let search = CrowdSearch(other.tree) { other.waits[$0] }
        #expect(try search.crowds(spawner: Self.spawner).isEmpty)
        #expect(try search.crowds(spawner: Self.spawner, suspects: ["a"]).map(\.tenant) == ["a"])
    }

    @Test func ofManyThreadsSomeAreLookedAt() throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 4000, waiting: 4000)
        var looks = 0
        let crowds = try CrowdSearch(host.tree) { thread -> ThreadWait? in
            looks += 1
            return host.waits[thread]
        }.crowds(spawner: Self.spawner)
        #expect(looks <= 70)
        #expect(crowds.map { (3800...4100).contains($0.threads) } == [true])
    }

    /// A program's threads can wait for a lock of its own. That slows no start.
    @Test func aCrowdForWhichThePlatformDoesNotWaitIsNone() throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 60, waiting: 60)
        host.waits[Self.spawner] = nil
        #expect(try host.crowds.isEmpty)
        host.waits[Self.spawner] = ThreadWait(place: "io_schedule")
        #expect(try host.crowds.isEmpty)
        try host.add("b/sandbox-7/agent", threads: 2, waiting: 1, at: ThreadWait(place: "lock_mount"))
        #expect(try host.crowds.count == 1)
    }

    @Test func anInterpreterThatWaitsInItsForkCountsAsThePlatform() throws {
        let host = try Host()
        host.waits[Self.spawner] = nil
        try host.add("a/sandbox-0/run-1", threads: 60, waiting: 60)
        try host.add("_server/sandbox-0/run-9", threads: 1, waiting: 1, at: ThreadWait(place: "copy_net_ns"))
        #expect(try host.crowds.map(\.tenant) == ["a"])
    }

    @Test func aCrowdIsFrozenForItsTimeAndEachFurtherOneForTwiceAsLong() throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 30, waiting: 30)
        var brake = CrowdBrake(host.tree)
        #expect(brake.patience(now: 0) == -1)
        let crowd = try #require(try host.crowds.first)
        var now: UInt64 = 0
        for seconds in [2, 4, 8, 16, 16] as [UInt64] {
            #expect(try brake.stop(crowd, now: now) == seconds * 1_000_000_000)
            #expect(try host.isFrozen("a/sandbox-0/run-1"))
            #expect(try brake.stop(crowd, now: now) == nil)
            #expect(brake.patience(now: now) == Int32(seconds * 1000))
            now += seconds * 1_000_000_000 - 1
            try brake.release(now: now)
            #expect(try host.isFrozen("a/sandbox-0/run-1"))
            now += 1
            try brake.release(now: now)
            #expect(try !host.isFrozen("a/sandbox-0/run-1"))
        }
        now += 61_000_000_000
        #expect(try brake.stop(crowd, now: now) == 2_000_000_000)
    }

    @Test func anotherFreezeOfARunDoesNotEndWithThisOne() throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 30, waiting: 30)
        try host.tree.setFrozen(true, "a/sandbox-0/run-1")
        var brake = CrowdBrake(host.tree)
        _ = try brake.stop(try #require(try host.crowds.first), now: 0)
        try brake.release(now: .max / 2)
        #expect(try host.isFrozen("a/sandbox-0/run-1"))
    }

    @Test func aRunThatIsGoneIsForgotten() throws {
        let host = try Host()
        try host.add("a/sandbox-0/run-1", threads: 30, waiting: 30)
        var brake = CrowdBrake(host.tree)
        _ = try brake.stop(try #require(try host.crowds.first), now: 0)
        try removeTree(host.tree.path(host.tree.layout.unified ?? "", "a/sandbox-0"))
        try brake.release(now: .max / 2)
        #expect(brake.patience(now: 0) == -1)
        #expect(try host.crowds.isEmpty)
    }

    @Test func aThreadThatRunsOrSleepsWaitsForNoLock() {
        #expect(ThreadWait.of(getpid()) == nil)
        #expect(ThreadWait.of(.max) == nil)
    }
}
