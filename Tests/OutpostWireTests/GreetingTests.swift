// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

/// Each side greets first, once, and in this version.
struct GreetingTests {
    private static let hello = Hello(features: [.processes])

    @Test func afterTheGreetingEverythingElseIsTaken() throws {
        var greeting = Greeting()
        #expect(try greeting.take(Self.hello) == true)
        #expect(try greeting.take(nil) == false)
        #expect(try greeting.take(nil) == false)
    }

    @Test func nothingComesBeforeIt() {
        var greeting = Greeting()
        #expect(throws: WireError("a message before the hello")) { try greeting.take(nil) }
    }

    @Test func itComesOnce() throws {
        var greeting = Greeting()
        _ = try greeting.take(Self.hello)
        #expect(throws: WireError.self) { try greeting.take(Self.hello) }
    }

    @Test(arguments: [0, 1, 3, UInt16.max])
    func anotherVersionIsRefused(version: UInt16) {
        var greeting = Greeting()
        #expect(throws: WireError("hello of version \(version)")) {
            try greeting.take(Hello(version: version, features: []))
        }
    }
}
