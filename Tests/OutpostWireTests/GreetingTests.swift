// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

/// Each side greets first, once, and in this version.
struct GreetingTests {
    private static let hello = Hello(features: [.processes])

    @Test func afterTheGreetingEverythingElseIsTaken() throws {
        var greeting = Greeting()
        #expect(try greeting.check(Self.hello) == true)
        #expect(try greeting.check(nil) == false)
        #expect(try greeting.check(nil) == false)
    }

    @Test func nothingComesBeforeIt() {
        var greeting = Greeting()
        #expect(throws: WireError("a message before the hello")) { try greeting.check(nil) }
    }

    @Test func itComesOnce() throws {
        var greeting = Greeting()
        _ = try greeting.check(Self.hello)
        #expect(throws: WireError.self) { try greeting.check(Self.hello) }
    }

    @Test(arguments: [0, 1, 3, UInt16.max])
    func anotherVersionIsRefused(version: UInt16) {
        var greeting = Greeting()
        #expect(throws: WireError("hello of version \(version)")) {
            try greeting.check(Hello(version: version, features: []))
        }
    }
}
