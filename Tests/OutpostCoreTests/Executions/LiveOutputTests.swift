// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import OutpostCore

@Suite(.timeLimit(.minutes(2)))
struct LiveOutputTests {
    private static let empty = OutputRecord(limit: 8, keep: .both)
    private static let large = [UInt8](repeating: 120, count: LiveOutput.mostBehind + 1)[...]

    private func append(_ text: String, to live: LiveOutput) {
        _ = live.append(Array(text.utf8)[...], to: .stdout, in: Self.empty)
    }

    /// Counts how often the program was told to go on.
    private final class Resumptions: Sendable {
        let count = Atomic<Int>(0)
        func append(_ bytes: ArraySlice<UInt8>, to live: LiveOutput, _ stream: LiveOutput.Stream = .stdout) -> Bool {
            live.append(bytes, to: stream, in: LiveOutputTests.empty) { [self] in
                count.add(1, ordering: .relaxed)
            }
        }
        var number: Int { count.load(ordering: .relaxed) }
    }

    private func events(_ live: LiveOutput, after number: UInt64 = 0) async -> [OutputEvent] {
        guard case .events(let events) = await live.next(after: number, within: .seconds(60)) else { return [] }
        return events
    }

    @Test func theResultHasTheStartAndTheEnd() {
        let live = LiveOutput()
        append("abcdefghijkl", to: live)
        append("mn", to: live)
        live.end()
        #expect(live.output(.stdout) == CapturedOutput(bytes: Array("abcdefmn".utf8), total: 14, headCount: 6))
        #expect(live.head(of: .stdout, 2..<20) == Array("cdef".utf8))
        #expect(live.head(of: .stdout, 7..<20).isEmpty && live.head(of: .stderr, 0..<1).isEmpty)
    }

    @Test(arguments: [false, true]) func theStartIsToldOnce(byOutput: Bool) {
        let starts = Atomic<Int>(0)
        let live = LiveOutput()
        live.whenStarted { starts.add(1, ordering: .relaxed) }
        if byOutput { append("a", to: live) }
        live.start()
        live.start()
        #expect(starts.load(ordering: .relaxed) == 1)
        live.whenStarted { starts.add(1, ordering: .relaxed) }
        #expect(starts.load(ordering: .relaxed) == 2)
    }

    @Test func aReaderGetsEachEventOnceAndThenTheEnd() async {
        let live = LiveOutput()
        append("a", to: live)
        append("b", to: live)
        #expect(await events(live).map(\.bytes) == [[97], [98]])
        append("c", to: live)
        #expect(await events(live, after: 2).map(\.bytes) == [[99]])
        live.end()
        #expect(await live.next(after: 3, within: .seconds(60)) == .end)
    }

    @Test func aReaderThatWaitsIsWoken() async {
        let live = LiveOutput()
        async let first = live.next(after: 0, within: .seconds(60))
        append("a", to: live)
        #expect(await first != .nothing)
        async let last = live.next(after: 1, within: .seconds(60))
        live.end()
        #expect(await last == .end)
    }

    @Test func theStartOfACharacterWakesNobody() async {
        let live = LiveOutput()
        async let first = live.next(after: 0, within: .seconds(60))
        for byte in "€".utf8 {
            _ = live.append([byte], to: .stdout, in: Self.empty)
            await Task.yield()
        }
        #expect(await first != .nothing)
    }

    @Test func aReaderWaitsNoLongerThanItWants() async {
        #expect(await LiveOutput().next(after: 0, within: .milliseconds(1)) == .nothing)
    }

    @Test func aCancelledReaderIsWoken() async {
        let live = LiveOutput()
        let reader = Task { await live.next(after: 0, within: .seconds(3600)) }
        reader.cancel()
        #expect(await reader.value == .nothing)
    }

    @Test func aSlowReaderHoldsTheProgramUp() async {
        let live = LiveOutput()
        let program = Resumptions()
        let pace = live.pace(after: 0)
        #expect(!program.append(Self.large, to: live))
        #expect(!program.append([97], to: live, .stderr))
        let all = await events(live)
        live.advance(pace, to: all[0])
        #expect(program.number == 2)
        #expect(program.append([97], to: live))
        live.leave(pace)
        #expect(program.append(Self.large, to: live) && program.number == 2)
    }

    @Test func withoutAReaderThatHoldsItUpAProgramNeverWaits() {
        let live = LiveOutput()
        let program = Resumptions()
        for _ in 0..<20 { #expect(program.append(Self.large, to: live)) }
    }

    @Test func aReaderThatLeavesLetsTheProgramGoOn() {
        let live = LiveOutput()
        let program = Resumptions()
        let (one, other) = (live.pace(after: 0), live.pace(after: .max))
        #expect(!program.append(Self.large, to: live))
        live.leave(other)
        #expect(program.number == 0)
        live.leave(one)
        #expect(program.number == 1)
    }

    @Test func aReaderThatHoldsTheProgramUpLosesNothing() async {
        let live = LiveOutput()
        let program = Resumptions()
        let pace = live.pace(after: 0)
        for _ in 0..<20 { #expect(!program.append(Self.large, to: live)) }
        live.release()
        #expect(program.number == 20)
        live.end()
        let all = await events(live)
        #expect(all.reduce(0) { $0 + $1.bytes.count } == 20 * Self.large.count)
        live.leave(pace)
        #expect(await events(live).reduce(0) { $0 + $1.bytes.count } <= LiveOutput.keptBytes)
    }

    /// The number of an event that never comes must not stop the program for ever.
    @Test func aReaderOfTheFutureStartsAtTheNewestEvent() async {
        let live = LiveOutput()
        append("a", to: live)
        let pace = live.pace(after: 1_000_000)
        #expect(pace.start == 1)
        append("b", to: live)
        #expect(await events(live, after: pace.start).map(\.bytes) == [[98]])
    }
}
