// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

/// Neither side sends more than the other has room for, and neither waits for ever.
struct StreamFlowTests {
    @Test func whatIsSentUsesCredit() throws {
        var flow = SendFlow(credit: 10)
        #expect(flow.canSend)
        flow.sent(10)
        #expect(!flow.canSend)
        try flow.add(3)
        #expect(flow.credit == 3 && flow.canSend)
        flow.end()
        #expect(!flow.canSend)
    }

    @Test func creditThatOverflowsIsRefused() {
        var flow = SendFlow(credit: .max)
        #expect(throws: WireError.self) { try flow.add(1) }
        #expect(flow.credit == Int(UInt32.max))
    }

    @Test(arguments: [1, 2, 3, 10, 65_536] as [UInt32])
    func aReceiverTakesWhatItHasGivenCreditFor(window: UInt32) throws {
        var flow = ReceiveFlow(window: window)
        try flow.receive(Int(window))
        #expect(throws: WireError.self) { try flow.receive(1) }
        // All of it comes back as credit, in parts that are worth a message.
        var given = 0
        for _ in 0..<window { given += Int(flow.use(1) ?? 0) }
        #expect(given > 0 && given <= Int(window))
        try flow.receive(given)
        #expect(throws: WireError.self) { try flow.receive(1) }
    }

    @Test func afterTheEndNothingComes() throws {
        var flow = ReceiveFlow(window: 10)
        try flow.receive(5)
        try flow.end()
        #expect(throws: WireError.self) { try flow.receive(1) }
        #expect(throws: WireError.self) { try flow.end() }
        #expect(flow.use(5) == nil, "credit for nothing")
    }

    /// Two sides, one of which sends as it may and the other reads as it likes.
    @Test(arguments: UInt64(1)...50)
    func bothSidesTogetherMoveEverything(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let window = UInt32.random(in: 1...100, using: &generator)
        var (sender, receiver) = (SendFlow(credit: window), ReceiveFlow(window: window))
        var (left, kept) = (Int.random(in: 0...2000, using: &generator), 0)
        var turns = 0
        while left > 0 || kept > 0 {
            turns += 1
            try #require(turns < 100_000, "both wait for each other")
            let part = min(left, sender.credit, Int.random(in: 0...50, using: &generator))
            sender.sent(part)
            try receiver.receive(part)
            (left, kept) = (left - part, kept + part)
            #expect(kept <= Int(window))
            let used = Int.random(in: 0...kept, using: &generator)
            kept -= used
            if let credit = receiver.use(used) { try sender.add(credit) }
        }
    }
}
