// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCore

struct SignalNumberTests {
    @Test(arguments: [("SIGHUP", 1), ("SIGKILL", 9), ("SIGSEGV", 11), ("SIGTERM", 15), ("SIGSYS", 31)])
    func aSignalHasItsNumber(name: String, number: Int32) {
        #expect(signalNumber(name) == number)
    }

    @Test func aRealTimeSignalIsCountedFromTheFirst() {
        #expect(signalNumber("SIGRTMIN+3") == 37)
        #expect(signalNumber("SIGRTMIN+30") == 64)
    }

    @Test(arguments: ["", "KILL", "SIG", "SIGNONE", "SIGRTMIN+", "SIGRTMIN+31"])
    func whatIsNoSignalHasNoNumber(name: String) {
        #expect(signalNumber(name) == nil)
    }
}
