// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostNetwork
import Testing

@testable import OutpostCallbacks

struct CallbackPolicyTests {
    @Test(arguments: [
        ("10.0.0.0/8", "http://10.255.0.1:1/", true), ("10.0.0.0/8", "http://11.0.0.1/", true),
        ("10.0.0.0/8", "http://192.168.0.1/", false), ("10.1.0.0/16", "http://10.2.0.0/", false),
        ("0.0.0.0/0", "http://127.0.0.1/", true), ("127.0.0.1/32", "http://127.0.0.2/", false),
        ("172.16.0.0/12", "http://172.31.255.255/", true), ("192.168.1.128/25", "http://192.168.1.127/", false),
        ("127.0.0.1", "http://127.0.0.1:9/", true), ("127.0.0.1", "http://127.0.0.2/", false),
        ("127.0.0.1:9000", "http://127.0.0.1:9000/", true), ("127.0.0.1:9000", "http://127.0.0.1/", false),
        ("127.0.0.1:443", "https://127.0.0.1/", true), ("127.0.0.1", "http://[::ffff:127.0.0.1]/", true),
        ("::1", "http://[::1]/", true), ("[::1]", "http://[0:0:0:0:0:0:0:1]/", true),
        ("[::1]:9000", "http://[::1]:9000/", true), ("[::1]:9000", "http://[::1]:9001/", false),
        ("fd00::/8", "http://[fdff::1]/", true), ("fd00::/8", "http://[fc00::1]/", false),
        ("fd00::/8", "http://10.0.0.1/", false), ("10.0.0.0/8", "http://[::1]/", false),
        ("hooks.internal", "http://10.0.0.1/", false),
    ])
    func aLiteralAddressIsAllowedWhereItIsListed(entry: String, url: String, isAllowed: Bool) throws {
        let policy = try CallbackPolicy(allowing: ["example.com", entry])
        if isAllowed {
            try policy.check(url)
        } else {
            #expect(throws: OutpostError.self) { try policy.check(url) }
        }
    }

    @Test(arguments: [
        ("hooks.internal", "http://hooks.internal/", true), ("Hooks.Internal", "http://HOOKS.internal:81/", true),
        ("hooks.internal:8443", "https://hooks.internal:8443/", true),
        ("hooks.internal:8443", "https://hooks.internal/", false), ("internal", "http://hooks.internal/", false),
        ("hooks.internal", "http://a.hooks.internal/", false), ("10.0.0.7", "http://hooks.internal/", true),
        ("10.0.0.7:80", "http://hooks.internal/", true), ("10.0.0.7:81", "http://hooks.internal/", false),
    ])
    func aNameIsAllowedWhereItOrItsAddressIsListed(entry: String, url: String, isAllowed: Bool) throws {
        let address = try #require(HostAddress("10.0.0.7"))
        let policy = try CallbackPolicy(allowing: [entry])
        #expect(policy.destination(of: try CallbackURL(url), among: [address]) == (isAllowed ? address : nil))
    }

    @Test func theFirstAddressIsTakenWhenAllAreAllowed() throws {
        let addresses = ["2606:4700::1", "8.8.8.8", "9.9.9.9"].compactMap(HostAddress.init)
        let url = try CallbackURL("http://example.com/")
        #expect(CallbackPolicy.publicOnly.destination(of: url, among: addresses) == addresses[0])
        #expect(CallbackPolicy.publicOnly.destination(of: url, among: []) == nil)
    }

    @Test(arguments: [["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["2606:4700::1", "::1", "8.8.8.8"]])
    func aNameWithOneForbiddenAddressIsRefusedWhole(texts: [String]) throws {
        let addresses = texts.compactMap(HostAddress.init)
        let url = try CallbackURL("http://example.com/")
        #expect(CallbackPolicy.publicOnly.destination(of: url, among: addresses) == nil)
        let lenient = try CallbackPolicy(allowing: ["10.0.0.1", "::1"])
        #expect(lenient.destination(of: url, among: addresses) == addresses[0])
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.1/8", "10.0.0/8", "fd00::/129", "fd00::1/8", "/8",
        "10.0.0.0/8/8", "10.0.0.0/8:80", "[fd00::]/8", "127.1", "2130706433", "0x7f.1", "127.0.0.1:0",
        "127.0.0.1:65536", "127.0.0.1:", "[::1]:x", "[::1", "hooks.internal.", "*.internal", "user@hooks.internal",
        "hooks internal", "http://hooks.internal",
    ])
    func anEntryThatIsNoPlaceIsNamed(entry: String) {
        let error = #expect(throws: OutpostError.self) { try CallbackPolicy(allowing: ["10.0.0.0/8", entry]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.hasPrefix(entry) == true)
    }
}
