// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostNetwork

/// Both ends of every range that is not public, and the addresses next to it.
struct PublicAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.255.255.255"), ("10.0.0.0", "10.255.255.255"), ("100.64.0.0", "100.127.255.255"),
        ("127.0.0.0", "127.255.255.255"), ("169.254.0.0", "169.254.255.255"), ("172.16.0.0", "172.31.255.255"),
        ("192.0.0.0", "192.0.0.255"), ("192.0.2.0", "192.0.2.255"), ("192.88.99.0", "192.88.99.255"),
        ("192.168.0.0", "192.168.255.255"), ("198.18.0.0", "198.19.255.255"), ("198.51.100.0", "198.51.100.255"),
        ("203.0.113.0", "203.0.113.255"), ("224.0.0.0", "239.255.255.255"), ("240.0.0.0", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
        ("100::", "100::ffff:ffff:ffff:ffff"), ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("0:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
    func bothEndsOfASpecialRangeAreNotPublic(first: String, last: String) throws {
        #expect(try !#require(HostAddress(first)).isPublic)
        #expect(try !#require(HostAddress(last)).isPublic)
    }

    @Test(arguments: [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
        "192.0.1.255", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
        "223.255.255.255", "2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::",
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ])
    func theAddressesNextToASpecialRangeArePublic(text: String) throws {
        #expect(try #require(HostAddress(text)).isPublic)
    }

    @Test(arguments: [
        ("::ffff:127.0.0.1", "127.0.0.1"), ("::ffff:8.8.8.8", "8.8.8.8"), ("::10.0.0.1", "10.0.0.1"),
        ("::8.8.8.8", "8.8.8.8"), ("64:ff9b::169.254.169.254", "169.254.169.254"), ("64:ff9b::8.8.8.8", "8.8.8.8"),
        ("2002:7f00:1::", "127.0.0.1"), ("2002:c0a8:101:1::1", "192.168.1.1"), ("2002:808:808::", "8.8.8.8"),
    ])
    func anAddressThatHoldsAnotherIsAsPublicAsThat(text: String, embedded: String) throws {
        let address = try #require(HostAddress(text))
        let inner = try #require(HostAddress(embedded))
        #expect(address.embedded == inner)
        #expect(address.isPublic == inner.isPublic)
    }

    @Test(arguments: [
        "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.01", "127.0.0.1.", " 127.0.0.1", "127.0.0.256",
        "127.0.0.1\0", "", "fe80::1%lo", "[::1]", "::1::", "1:2:3:4:5:6:7", "localhost",
    ])
    func onlyTheExactSpellingIsAnAddress(text: String) {
        #expect(HostAddress(text) == nil)
    }

    @Test(arguments: ["192.0.2.1", "::", "2001:db8::1", "::ffff:1.2.3.4"])
    func anAddressIsWrittenAsItIsRead(text: String) throws {
        #expect(try #require(HostAddress(text)).description == text)
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.0", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"])
    func thisMachineIsLoopback(text: String) throws {
        #expect(try #require(HostAddress(text)).isLoopback)
    }

    @Test(arguments: ["126.255.255.255", "128.0.0.0", "0.0.0.0", "::", "::2", "::ffff:127.0.0.1", "10.0.0.1"])
    func otherAddressesAreNot(text: String) throws {
        #expect(try !#require(HostAddress(text)).isLoopback)
    }
}
