// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostServer

/// A client that does not answer is gone, and one whose answers nobody takes is not.
struct WebSocketPulseTests {
    private let pulse = WebSocketPulse(interval: .seconds(1))

    @Test func twoPingsMayBeWithoutAnAnswer() {
        pulse.isListening(true)
        #expect(pulse.beat())
        #expect(pulse.beat())
        #expect(!pulse.beat())
    }

    @Test func whateverComesIsAnAnswer() {
        pulse.isListening(true)
        for _ in 1...5 {
            #expect(pulse.beat())
            pulse.heard()
        }
    }

    @Test func aHandlerThatTakesNothingHearsNothing() {
        pulse.isListening(true)
        pulse.isListening(false)
        for _ in 1...5 { #expect(pulse.beat()) }
    }
}
