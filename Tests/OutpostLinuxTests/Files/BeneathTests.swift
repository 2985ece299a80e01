// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostLinux
import Testing

/// A path below a directory never leads out of it, whatever lies there.
struct BeneathTests {
    @Test(arguments: [
        ("link", ELOOP), ("out/file", ELOOP), ("inside/file", ELOOP), ("..", EXDEV), ("../other/file", EXDEV),
        ("sub/../../other/file", EXDEV), ("/etc/passwd", EXDEV), ("none", ENOENT), ("sub/file/x", ENOTDIR),
    ])
    func pathsThatLeadElsewhereAreRefused(path: String, number: Int32) throws {
        try withTree { directory in
            let found = try errorNumber { _ = try Descriptor.open(beneath: directory, path, .readOnly) }
            #expect(found == number)
        }
    }

    @Test(arguments: ["sub/file", "./sub/./file", "sub/../sub/file"])
    func pathsThatStayBelowAreOpened(path: String) throws {
        try withTree { directory in
            let file = try Descriptor.open(beneath: directory, path, .readOnly)
            var buffer = [UInt8](repeating: 0, count: 8)
            #expect(try file.read(into: &buffer) == 2)
            #expect(fcntl(file.number, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    @Test func magicLinksAreRefused() throws {
        let directory = try Descriptor.open("/proc/self", [.pathOnly, .directory])
        #expect(try errorNumber { _ = try Descriptor.open(beneath: directory, "root/etc/passwd", .readOnly) } == ELOOP)
    }

    private func withTree(_ body: (Descriptor) throws -> Void) throws {
        try withFolder { folder in
            try makeDirectories("\(folder)/tree/sub")
            try makeDirectory("\(folder)/other")
            try makeFile("\(folder)/tree/sub/file", "in")
            try makeFile("\(folder)/other/file", "out")
            try replaceLink("\(folder)/tree/link", target: "sub/file")
            try replaceLink("\(folder)/tree/out", target: "\(folder)/other")
            try replaceLink("\(folder)/tree/inside", target: "sub")
            try body(try Descriptor.open("\(folder)/tree", [.pathOnly, .directory]))
        }
    }
}
