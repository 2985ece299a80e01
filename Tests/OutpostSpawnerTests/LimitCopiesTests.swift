// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

@testable import OutpostSpawner

/// Each run has a directory of its own with copies of its limits, and the directory of an ended run is used again.
struct LimitCopiesTests {
    private static let view = CgroupView(["memory", "cpu,cpuacct"])
    private static let small = CgroupLimits(memoryBytes: 1 << 20, cpuQuotaMicroseconds: 50_000, processes: 7)
    private static let large = CgroupLimits(memoryBytes: 1 << 30, cpuQuotaMicroseconds: 50_000, processes: 7)
    private static let memory = "0/memory.limit_in_bytes"
    private static let quota = "1/cpu.cfs_quota_us"

    private func withCopies(_ body: (inout LimitCopies, String) throws -> Void) throws {
        let root = "/tmp/outpost-copies-\(UInt64.random(in: 0...(.max)))"
        try makeDirectory(root)
        var copies = LimitCopies(Self.view, root: root)
        let outcome = Result { try body(&copies, root) }
        try removeTree(root)
        try outcome.get()
    }

    @Test func aRunFindsAllItsLimits() throws {
        try withCopies { copies, root in
            let path = try copies.insert(1, Self.small)
            #expect(path == "\(root)/0")
            for copy in Self.view.copies(of: Self.small) {
                #expect(try readText("\(path)/\(copy.path)") == copy.text, "\(copy.path)")
            }
        }
    }

    @Test func runsAtTheSameTimeHaveTheirOwn() throws {
        try withCopies { copies, _ in
            let paths = [try copies.insert(1, Self.small), try copies.insert(2, Self.large)]
            #expect(Set(paths).count == 2)
            #expect(try readText("\(paths[0])/\(Self.memory)") == "1048576\n")
            #expect(try readText("\(paths[1])/\(Self.memory)") == "1073741824\n")
        }
    }

    @Test func aChangeReplacesWhatIsDifferentAndNothingElse() throws {
        try withCopies { copies, _ in
            let path = try copies.insert(1, Self.large)
            try writeFile("\(path)/\(Self.quota)", "mark")
            try copies.update(1, to: Self.small)
            // The shorter line has no rest of the longer one behind it.
            #expect(try readText("\(path)/\(Self.memory)") == "1048576\n")
            #expect(try readText("\(path)/\(Self.quota)").hasPrefix("mark"))
        }
    }

    @Test func aChangeOfARunThatIsNotThereDoesNothing() throws {
        try withCopies { copies, root in
            try copies.update(1, to: Self.small)
            #expect(try entries(of: root) == [])
            let path = try copies.insert(1, Self.small)
            copies.remove(1)
            copies.remove(1)
            try copies.update(1, to: Self.large)
            #expect(try readText("\(path)/\(Self.memory)") == "1048576\n")
        }
    }

    @Test func aDirectoryIsUsedAgainWithTheSameLimitsAndNothingIsWritten() throws {
        try withCopies { copies, root in
            let paths = [try copies.insert(1, Self.small), try copies.insert(2, Self.large)]
            for path in paths { try writeFile("\(path)/\(Self.memory)", "mark") }
            copies.remove(1)
            copies.remove(2)
            // The directory that was released last has other limits.
            #expect(try copies.insert(3, Self.small) == paths[0])
            #expect(try readText("\(paths[0])/\(Self.memory)").hasPrefix("mark"))
            // None with these limits is free, and the free one gets them.
            #expect(try copies.insert(4, Self.small) == paths[1])
            #expect(try readText("\(paths[1])/\(Self.memory)") == "1048576\n")
            #expect(try copies.insert(5, Self.small) == "\(root)/2")
        }
    }

    @Test func anInsertThatFailedCanBeRepeated() throws {
        try withCopies { copies, root in
            // A file where the directory of the run would be.
            try Descriptor.open("\(root)/0", [.writeOnly, .create], mode: 0o644).closeNow()
            #expect(throws: SystemError.self) { try copies.insert(1, Self.small) }
            copies.remove(1)
            try removeEntry("\(root)/0")
            let path = try copies.insert(1, Self.small)
            #expect(path == "\(root)/0")
            for copy in Self.view.copies(of: Self.small) {
                #expect(try readText("\(path)/\(copy.path)") == copy.text, "\(copy.path)")
            }
        }
    }

    @Test func afterAChangeThatFailedTheNextOneWritesAll() throws {
        try withCopies { copies, _ in
            let path = try copies.insert(1, Self.small)
            try removeEntry("\(path)/\(Self.memory)")
            try makeDirectory("\(path)/\(Self.memory)")
            #expect(throws: SystemError.self) { try copies.update(1, to: Self.large) }
            try removeTree("\(path)/\(Self.memory)")
            copies.remove(1)
            #expect(try copies.insert(2, Self.small) == path)
            #expect(try readText("\(path)/\(Self.memory)") == "1048576\n")
        }
    }
}
