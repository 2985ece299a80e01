// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostLinux

/// When something counts as standing still.
struct VitalTests {
    @Test func whatAnswersIsAskedAgainInEachRound() {
        var vital = Vital()
        for _ in 0..<5 {
            let action = vital.round()
            #expect(action == .ask)
            #expect(!vital.isStalled)
            let wasStalled = vital.answer()
            #expect(!wasStalled)
        }
    }

    @Test func whatIsSilentIsToldOnceAndGivenUpInTheEnd() {
        var vital = Vital()
        let actions = (0...Vital.end).map { _ in vital.round() }
        #expect(actions.first == .ask)
        #expect(actions.firstIndex(of: .report) == Vital.stall)
        #expect(actions.count { $0 == .report } == 1)
        #expect(actions.firstIndex(of: .giveUp) == Vital.end)
        #expect(actions.count { $0 == .wait } == Vital.end - 2)
    }

    @Test func aStallEndsWithItsAnswerAndTheNextOneIsToldToo() {
        var vital = Vital()
        for _ in 0...Vital.stall { _ = vital.round() }
        #expect(vital.isStalled)
        let wasStalled = vital.answer()
        #expect(wasStalled, "it was told")
        #expect(!vital.isStalled)
        let next = (0...Vital.stall).map { _ in vital.round() }.last
        #expect(next == .report)
    }

    @Test func anAnswerThatNobodyAskedForChangesNothing() {
        var vital = Vital()
        let wasStalled = vital.answer()
        let action = vital.round()
        #expect(!wasStalled && action == .ask)
    }
}
