// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

@Suite struct InputStateTests {
    private func refusal(_ state: InputState<Int>) -> String? {
        do throws(OutpostError) {
            try state.check()
            return nil
        } catch {
            #expect(error.code == .conflict)
            return error.message
        }
    }

    @Test func openInputIsTakenFromBeforeTheStartUntilItsEnd() throws {
        var state = InputState<Int>(of: "run", isOpen: true)
        #expect(refusal(state) == nil && state.program == nil)
        state.start(1)
        #expect(refusal(state) == nil && state.program == 1)
        #expect(try state.close() == 1)
        #expect(refusal(state) == "the standard input of the run is closed")
        #expect(try state.close() == nil, "the input ends once")
    }

    @Test func inputThatWasNotOpenedIsRefusedAndItsEndChangesNothing() throws {
        var state = InputState<Int>(of: "run", isOpen: false)
        state.start(1)
        #expect(refusal(state) == "the run was started without an open standard input")
        #expect(try state.close() == nil)
        #expect(refusal(state) == "the run was started without an open standard input")
    }

    @Test func aSecondStartReplacesTheProgram() {
        var state = InputState<Int>(of: "run", isOpen: true)
        state.start(1)
        state.start(2)
        #expect(state.program == 2)
    }

    @Test func afterTheEndNothingIsTaken() {
        for isOpen in [true, false] {
            var state = InputState<Int>(of: "run", isOpen: isOpen)
            state.start(1)
            state.end()
            #expect(refusal(state) == "the run has ended")
            #expect(throws: OutpostError.self) { try state.close() }
            state.start(2)
            #expect(state.program == nil)
        }
    }

    @Test func onlySomeCallsSendAtOneTime() throws {
        var state = InputState<Int>(of: "run", isOpen: true)
        for _ in 0..<InputState<Int>.mostSenders { try state.enter() }
        do throws(OutpostError) {
            try state.enter()
            Issue.record("one more was admitted")
        } catch {
            #expect(error.code == .rateLimited && error.retryAfter == 1)
        }
        state.leave()
        try state.enter()
    }
}
