// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostNetwork
import Testing

/// Which addresses a host may lead to.
struct DestinationPolicyTests {
    private static func addresses(_ texts: [String]) -> [HostAddress] { texts.compactMap { HostAddress($0) } }

    @Test(arguments: [
        ([], "8.8.8.8", 443, true), ([], "127.0.0.1", 443, false), ([], "169.254.169.254", 80, false),
        ([], "::1", 80, false), ([], "::ffff:10.0.0.1", 80, false), ([], "64:ff9b::a00:1", 80, false),
        (["10.0.0.0/8"], "10.1.2.3", 1, true), (["10.0.0.0/8"], "11.0.0.1", 1, true),
        (["10.0.0.0/8"], "::ffff:10.0.0.1", 1, true), (["10.0.0.1:80"], "10.0.0.1", 81, false),
        (["10.0.0.1:80"], "10.0.0.1", 80, true), (["fd00::/8"], "fd12::1", 22, true),
        (["fd00::/8"], "fc00::1", 22, false),
        (["db.internal"], "10.0.0.1", 5432, false),
    ])
    func anAddressIsPermittedWhenItIsPublicOrListed(
        entries: [String], address: String, port: Int, isPermitted: Bool
    ) throws {
        let policy = try DestinationPolicy(allowing: entries)
        #expect(policy.permits(try #require(HostAddress(address)), port: port) == isPermitted)
    }

    @Test func aHostIsForbiddenWhenOneOfItsAddressesIs() throws {
        let policy = DestinationPolicy.publicOnly
        let host = NetworkHost.name("db.internal")
        let mixed = Self.addresses(["8.8.8.8", "10.0.0.1"])
        #expect(policy.destination(of: host, port: 443, among: mixed) == nil)
        #expect(policy.destination(of: host, port: 443, among: Array(mixed.prefix(1))) == mixed[0])
        #expect(policy.destination(of: host, port: 443, among: []) == nil)
        let listed = try DestinationPolicy(allowing: ["db.internal:443"])
        #expect(listed.destination(of: host, port: 443, among: mixed.reversed()) == mixed[1])
        #expect(listed.destination(of: host, port: 5432, among: mixed) == nil)
        #expect(listed.destination(of: .name("other.internal"), port: 443, among: mixed) == nil)
    }

    @Test(arguments: ["10.0.0.1/8", "10.0.0.0/33", "host:0", "host:65536", "a b", "", "user@host", "[::1", "0x7f.1"])
    func anEntryThatIsNoneIsNamed(entry: String) {
        let error = #expect(throws: OutpostError.self) { try DestinationPolicy(allowing: ["8.8.8.8", entry]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.hasPrefix(entry) == true)
    }
}
