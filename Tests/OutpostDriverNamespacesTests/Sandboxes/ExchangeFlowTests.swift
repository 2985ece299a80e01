// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// Every state of a request to a worker, and everything that the worker may say in it.
struct ExchangeFlowTests {
    enum Start: CaseIterable {
        case asked, open, ended, done, failed

        var flow: ExchangeFlow {
            get throws {
                var flow = ExchangeFlow(subject: "/a", window: 10, credit: 10)
                switch self {
                case .asked: break
                case .open: try flow.receive(.begun(1, nil))
                case .ended:
                    try flow.receive(.begun(1, nil))
                    try flow.receive(.stream(1, .end))
                case .done: try flow.receive(.done(1, nil))
                case .failed: flow.fail(OutpostError(.unavailable, "gone"))
                }
                return flow
            }
        }
    }

    private static let replies: [WorkerReply] = [
        .begun(1, nil), .done(1, nil), .failed(1, errno: 2, detail: ""), .stream(1, .data([1])),
        .stream(1, .credit(5)), .stream(1, .end), .stream(1, .reset(errno: 32)),
    ]

    /// Of `replies`, by position.
    private static let allowed: [Start: Set<Int>] = [
        .asked: [0, 1, 2], .open: [1, 2, 3, 4, 5, 6], .ended: [1, 2, 4, 6], .done: [], .failed: [0, 1, 2, 3, 4, 5, 6],
    ]

    @Test(arguments: Start.allCases)
    func onlyWhatFitsTheStateIsTaken(start: Start) throws {
        for (position, reply) in Self.replies.enumerated() {
            var flow = try start.flow
            let isTaken = (try? flow.receive(reply)) != nil
            #expect(isTaken == Self.allowed[start]?.contains(position), "\(start), \(reply)")
        }
    }

    @Test func moreThanTheWindowIsRefused() throws {
        var flow = try Start.open.flow
        try flow.receive(.stream(1, .data([UInt8](repeating: 0, count: 10))))
        #expect(throws: WireError.self) { try flow.receive(.stream(1, .data([1]))) }
    }

    @Test func bytesComeBeforeTheEndAndTheEndComesOnce() throws {
        var flow = try Start.open.flow
        let nothing = flow.takeBytes()
        #expect(nothing == nil)
        try flow.receive(.stream(1, .data([1, 2])))
        try flow.receive(.stream(1, .end))
        let bytes = flow.takeBytes()
        #expect(bytes == .some([1, 2]))
        let theEnd = flow.takeBytes()
        #expect(theEnd == .some(nil))
    }

    @Test func creditIsGivenForWhatWasTaken() throws {
        var flow = try Start.open.flow
        try flow.receive(.stream(1, .data([1, 2, 3, 4, 5])))
        _ = flow.takeBytes()
        let early = flow.use(4)
        #expect(early == nil)
        let credit = flow.use(1)
        #expect(credit == 5)
    }

    @Test func asMuchIsSentAsThereIsCreditForAndNothingAfterTheEnd() throws {
        var flow = try Start.open.flow
        let first = flow.room(for: 7)
        #expect(first == 7)
        let second = flow.room(for: 7)
        #expect(second == 3)
        let third = flow.room(for: 7)
        #expect(third == nil)
        try flow.receive(.stream(1, .credit(2)))
        let more = flow.room(for: 7)
        #expect(more == 2)
        let ends = flow.end()
        #expect(ends)
        let endsAgain = flow.end()
        #expect(!endsAgain)
        try flow.receive(.stream(1, .credit(2)))
        let afterTheEnd = flow.room(for: 1)
        #expect(afterTheEnd == nil)
    }

    @Test func itIsOverWhenBothHalvesAre() throws {
        var flow = try Start.ended.flow
        #expect(!flow.isOver)
        let ends = flow.end()
        #expect(ends)
        #expect(flow.isOver)
        #expect(try Start.done.flow.isOver)
        #expect(try Start.failed.flow.isOver)
        #expect(try !Start.asked.flow.isOver)
    }

    @Test func aFailureOfTheKernelsNamesThePathAndItsKind() throws {
        let kinds: [(Int32, ErrorCode)] = [
            (2, .notFound), (20, .notFound), (13, .forbidden), (1, .forbidden), (30, .forbidden), (21, .conflict),
            (17, .conflict), (39, .conflict), (16, .conflict), (18, .conflict), (26, .conflict), (22, .conflict),
            (36, .invalidRequest), (40, .invalidRequest), (28, .insufficientStorage), (122, .insufficientStorage),
            (27, .insufficientStorage), (111, .unavailable), (5, .internal),
        ]
        for (errno, code) in kinds {
            var flow = try Start.asked.flow
            try flow.receive(.failed(1, errno: errno, detail: "said by whoever is in the sandbox"))
            #expect(flow.failure?.code == code, "errno \(errno)")
            #expect(flow.failure?.message.contains("said by") == false)
        }
    }
}
