// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

/// A descriptor has one owner and never reaches a program by accident.
struct DescriptorTests {
    @Test func theLastReferenceClosesItAndTheOtherEndHearsOfIt() throws {
        var pipe: (read: Descriptor, write: Descriptor)? = try Descriptor.pipe()
        let read = try #require(pipe?.read)
        pipe = nil
        #expect(try isClosed(read))
    }

    @Test func closingTwiceClosesOnce() throws {
        let pipe = try Descriptor.pipe()
        pipe.write.closeNow()
        pipe.write.closeNow()
        #expect(try isClosed(pipe.read))
    }

    @Test func everythingIsClosedAtExec() throws {
        let pipe = try Descriptor.pipe()
        let copy = try pipe.read.duplicate(notBelow: 100)
        #expect(copy.number >= 100)
        let file = try Descriptor.open("/dev/null", .readOnly)
        for descriptor in [pipe.read, pipe.write, copy, file] {
            #expect(fcntl(descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    @Test func aNonBlockingEndAnswersNilInsteadOfWaiting() throws {
        let pipe = try Descriptor.pipe(nonBlockingRead: true, nonBlockingWrite: true)
        var buffer = [UInt8](repeating: 0, count: 10)
        #expect(try pipe.read.read(into: &buffer) == nil)
        let much = [UInt8](repeating: 1, count: 1 << 20)
        #expect(try pipe.write.write(much[...]) == 65_536)
        #expect(try pipe.write.write(much[...]) == nil)
        #expect(try pipe.read.read(into: &buffer) == 10)
    }

    @Test func anErrorNamesTheOperationThePathAndTheReason() throws {
        let error = #expect(throws: SystemError.self) { try Descriptor.open("/none/here", .readOnly) }
        #expect(error?.description == "open /none/here: No such file or directory (errno 2)")
    }
}

/// Whether the other end of `descriptor` goes away; waits for that a while.
func isClosed(_ descriptor: Descriptor) throws -> Bool {
    // Children of other tests hold copies of descriptors until they execute.
    try poll([PollEntry(descriptor.number, read: false)], milliseconds: 60_000)[0].isClosed
}
