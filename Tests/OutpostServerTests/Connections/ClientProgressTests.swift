// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import OutpostServer

/// Windows of ten seconds, in which 5120 bytes are the least.
struct ClientProgressTests {
    private static func second(_ second: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(second) }

    private var progress = ClientProgress(window: .seconds(10), at: second(0))

    /// The client of a request whose answer of `bytes` has just been written.
    private static func waitingForAnswer(_ bytes: Int) -> ClientProgress {
        var progress = ClientProgress(window: .seconds(10), at: second(0))
        progress.receivedHead(at: second(0))
        progress.receivedEnd(at: second(0))
        progress.wrote(bytes)
        return progress
    }

    @Test mutating func aSilentConnectionEndsAfterOneWindow() {
        #expect(progress.verdict(pending: 0, at: Self.second(0)) == .ask(at: Self.second(10)))
        #expect(progress.verdict(pending: 0, at: Self.second(10)) == .close)
    }

    @Test mutating func theWindowOfAConnectionAtRestBeginsWhenItsAnswerIsTaken() {
        progress = Self.waitingForAnswer(100)
        progress.finishedAnswer(at: Self.second(7))
        #expect(progress.verdict(pending: 0, at: Self.second(10)) == .ask(at: Self.second(17)))
        #expect(progress.verdict(pending: 0, at: Self.second(17)) == .close)
    }

    @Test mutating func aClientThatWaitsForTheServerOwesNothing() {
        progress.receivedHead(at: Self.second(0))
        progress.receivedEnd(at: Self.second(0))
        #expect(progress.verdict(pending: 0, at: Self.second(10_000)) == .wait)
    }

    @Test mutating func anAnswerThatIsTakenSteadilyMayTakeAsLongAsItTakes() {
        progress = Self.waitingForAnswer(100 * 5120)
        for number in 0..<100 {
            let now = Self.second(10 * Int64(number))
            #expect(progress.verdict(pending: (100 - number) * 5120, at: now) == .ask(at: now + .seconds(10)))
        }
        progress.finishedAnswer(at: Self.second(1000))
        #expect(progress.verdict(pending: 0, at: Self.second(1000)) == .ask(at: Self.second(1010)))
    }

    @Test(arguments: [0, 1, 5119])
    mutating func anAnswerThatIsNotTakenEndsTheConnection(taken: Int) {
        progress = Self.waitingForAnswer(1 << 20)
        #expect(progress.verdict(pending: 1 << 20, at: Self.second(3)) == .ask(at: Self.second(13)))
        #expect(progress.verdict(pending: (1 << 20) - taken, at: Self.second(13)) == .close)
    }

    @Test mutating func oneThatStopsTakingIsFoundInTheNextWindow() {
        progress = Self.waitingForAnswer(1 << 20)
        #expect(progress.verdict(pending: 1 << 20, at: Self.second(0)) == .ask(at: Self.second(10)))
        #expect(progress.verdict(pending: 1 << 19, at: Self.second(10)) == .ask(at: Self.second(20)))
        #expect(progress.verdict(pending: 1 << 19, at: Self.second(20)) == .close)
    }

    @Test(arguments: [(5119, true), (5120, false)])
    mutating func aBodyInDripsEndsTheConnection(bytes: Int, ends: Bool) {
        progress.receivedHead(at: Self.second(0))
        #expect(progress.verdict(pending: 0, at: Self.second(0)) == .ask(at: Self.second(10)))
        progress.received(bytes, at: Self.second(9))
        #expect(progress.verdict(pending: 0, at: Self.second(10)) == (ends ? .close : .ask(at: Self.second(20))))
    }

    @Test mutating func theWindowOfABodyBeginsWithItsHead() {
        #expect(progress.verdict(pending: 0, at: Self.second(0)) == .ask(at: Self.second(10)))
        progress.receivedHead(at: Self.second(5))
        #expect(progress.verdict(pending: 0, at: Self.second(10)) == .ask(at: Self.second(15)))
        #expect(progress.verdict(pending: 0, at: Self.second(15)) == .close)
    }

    @Test mutating func beingAskedEarlierChangesNothing() {
        progress = Self.waitingForAnswer(1 << 20)
        for second in Int64(0)..<10 {
            #expect(progress.verdict(pending: 1 << 20, at: Self.second(second)) == .ask(at: Self.second(10)))
        }
        #expect(progress.verdict(pending: 1 << 20, at: Self.second(10)) == .close)
    }

    @Test func aBodyThatTheServerDoesNotTakeIsNotTheClientsFault() {
        var progress = ClientProgress(window: .seconds(10), at: .uptimeNanoseconds(0))
        func second(_ count: UInt64) -> NIODeadline { .uptimeNanoseconds(count * 1_000_000_000) }
        progress.receivedHead(at: second(0))
        #expect(progress.verdict(pending: 0, at: second(0)) == .ask(at: second(10)))
        #expect(progress.verdict(pending: 0, isReading: false, at: second(10)) == .ask(at: second(20)))
        #expect(progress.verdict(pending: 0, isReading: true, at: second(20)) == .close)
    }
}
