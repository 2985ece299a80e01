// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostImage
import OutpostLinux
import Testing

@testable import OutpostSpawner

/// The default image shows of the host what describes /usr, and nothing that describes the host.
struct HostImageTests {
    private static let configuration = HostConfiguration(.read())

    private func withImage(_ body: (String) throws -> Void) throws {
        let path = "/tmp/outpost-image-\(UInt64.random(in: 0...(.max)))"
        try makeDirectory(path)
        let outcome = Result {
            try HostImage(root: path, configuration: Self.configuration).build()
            try body(path)
        }
        try removeTree(path)
        try outcome.get()
    }

    @Test func itHoldsNoFileOfTheHostButThoseThatDescribeItsPrograms() throws {
        try withImage { root in
            for path in Self.configuration.files {
                #expect(try readFile(root + path, limit: 16 << 20) == readFile(path, limit: 16 << 20), "\(path)")
                #expect(FileStamp(root + path)?.modifiedAt == FileStamp(path)?.modifiedAt, "\(path)")
            }
            let own: Set = [
                "alternatives", "group", "hostname", "hosts", "ld.so.cache", "localtime", "machine-id", "mtab",
                "nsswitch.conf", "os-release", "passwd", "resolv.conf", "timezone",
            ]
            let others = try entries(of: "\(root)/etc").filter {
                !own.contains($0) && !Self.configuration.contains("/etc/\($0)")
            }
            #expect(others == [])
            #expect(try readText("\(root)/etc/hostname") == "sandbox\n")
            #expect(try readText("\(root)/etc/resolv.conf") == "")
            #expect(try readText("\(root)/etc/machine-id") == String(repeating: "0", count: 32) + "\n")
            #expect(try readText("\(root)/etc/timezone") == "Etc/UTC\n")
            #expect(try entries(of: "\(root)/usr") == [])
            #expect(try entries(of: "\(root)/home") == [])
        }
    }

    @Test(arguments: [
        "shadow", "gshadow", "sudoers", "ssh", "ssl/private", "docker", "environment", "fstab", "apt/sources.list.d",
        "pam.d",
        "systemd", "default", "init.d", "cron.d", "crontab", "security/opasswd", "gitconfig", "npmrc", "cloud",
    ])
    func itHasNoSecretAndNothingThatDescribesTheHost(name: String) throws {
        try withImage { root in #expect(!exists("\(root)/etc/\(name)")) }
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
            try makeDirectory("\(root)/etc/outpost")
            try makeDirectory("\(root)/etc/gone")
            try writeFile("\(root)/etc/gone/old.conf", "x", flags: [.writeOnly, .create], mode: 0o644)
            try HostImage(root: root, configuration: Self.configuration).build()
            #expect(!exists("\(root)/etc/gone"))
            #expect(exists("\(root)/etc/outpost"))
            #expect(try readText("\(root)/etc/hosts") == "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\tsandbox\n")
            #expect(!exists("\(root)/etc/alternatives/stale"))
        }
    }
}
