// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

@testable import OutpostSpawner

/// The default image shows of the host what describes /usr, and nothing that describes the host.
struct HostImageTests {
    private func withImage(_ body: (String) throws -> Void) throws {
        let path = "/tmp/outpost-image-\(UInt64.random(in: 0...(.max)))"
        try makeDirectory(path)
        let outcome = Result {
            try HostImage(root: path).build()
            try body(path)
        }
        try removeTree(path)
        try outcome.get()
    }

    @Test func itHoldsNoFileOfTheHostButThoseThatDescribeItsPrograms() throws {
        try withImage { root in
            let names = try entries(of: "\(root)/etc")
            let expected: Set = [
                "alternatives", "group", "hostname", "hosts", "ld.so.cache", "machine-id", "mime.types", "mtab",
                "nsswitch.conf", "os-release", "passwd", "protocols", "resolv.conf", "services",
            ]
            let others = names.filter { !expected.contains($0) && !$0.hasPrefix("java-") }
            #expect(others == [])
            #expect(try readText("\(root)/etc/hostname") == "sandbox\n")
            #expect(try readText("\(root)/etc/resolv.conf") == "")
            #expect(try readText("\(root)/etc/machine-id") == String(repeating: "0", count: 32) + "\n")
            #expect(try entries(of: "\(root)/usr") == [])
            #expect(try entries(of: "\(root)/home") == [])
        }
    }

    @Test func itsUsersAreTheSandboxsOwn() throws {
        try withImage { root in
            let users = try readText("\(root)/etc/passwd").split(separator: "\n").map {
                $0.split(separator: ":", omittingEmptySubsequences: false).prefix(4).joined(separator: ":")
            }
            #expect(users == ["root:x:0:0", "sandbox:x:1000:1000", "outpost:x:64000:64000", "nobody:x:65534:65534"])
        }
    }

    @Test func itIsBuiltAgainOverAnOlderOne() throws {
        try withImage { root in
            try writeFile("\(root)/etc/hosts", "stale", flags: [.writeOnly, .truncate])
            try writeFile("\(root)/etc/alternatives/stale", "", flags: [.writeOnly, .create], mode: 0o600)
            try HostImage(root: root).build()
            #expect(try readText("\(root)/etc/hosts") == "127.0.0.1\tlocalhost sandbox\n::1\tlocalhost\n")
            #expect(!exists("\(root)/etc/alternatives/stale"))
        }
    }
}
