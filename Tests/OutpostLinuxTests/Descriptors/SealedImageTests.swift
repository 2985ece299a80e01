// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

/// The agent's executable cannot be changed by anybody, not even through the process that runs it.
struct SealedImageTests {
    private func image(_ bytes: [UInt8]) throws -> SealedImage {
        try bytes.withUnsafeBytes { try SealedImage(name: "test", bytes: $0) }
    }

    @Test func nobodyCanWriteToItOrChangeItsSize() throws {
        let image = try image([1, 2, 3])
        #expect(try errorNumber { _ = try image.descriptor.write([9]) } == EPERM)
        #expect(ftruncate(image.descriptor.number, 0) == -1)
        #expect(ftruncate(image.descriptor.number, 100) == -1)
        let reopened = try Descriptor.open("/proc/self/fd/\(image.descriptor.number)", .readWrite)
        #expect(try errorNumber { _ = try reopened.write([9]) } == EPERM)
        #expect(mmap(nil, 3, PROT_WRITE, MAP_SHARED, reopened.number, 0) == MAP_FAILED)
        // A mapping of the sealed file cannot be made writable afterwards.
        let mapping = mmap(nil, 3, PROT_READ, MAP_SHARED, reopened.number, 0)
        #expect(mapping != MAP_FAILED)
        #expect(mprotect(mapping, 3, PROT_READ | PROT_WRITE) == -1)
        #expect(munmap(mapping, 3) == 0)
        #expect(try readFile("/proc/self/fd/\(image.descriptor.number)") == [1, 2, 3])
    }

    @Test func theSealsCannotBeTakenOff() throws {
        let image = try image([1])
        // F_ADD_SEALS with no seals, from linux/fcntl.h: even that is refused once F_SEAL_SEAL is there.
        #expect(fcntl(image.descriptor.number, 1024 + 9, 0) == -1)
    }

    @Test func itRuns() throws {
        let image = try image(try readFile("/usr/bin/true"))
        let failures = try Descriptor.pipe()
        let child = try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [.executeDescriptor(image.descriptor.number, arguments: ["true"], environment: [])])
        #expect(try child.wait() == .code(0))
    }

    @Test func anEmptyOneIsRefused() {
        let error = #expect(throws: SystemError.self) { try image([]) }
        #expect(error?.number == ENODATA)
    }
}
