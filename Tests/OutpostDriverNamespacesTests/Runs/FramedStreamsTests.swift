// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// The host's ends of streams in frames, against an agent that may say anything.
@Suite(.reactor)
struct FramedStreamsTests {
    @Reactor
    private final class Sent {
        var messages: [StreamMessage] = []
        var bytes: [UInt8] {
            messages.reduce(into: []) { all, message in
                if case .data(let bytes) = message { all += bytes }
            }
        }
        var credit: Int {
            messages.reduce(into: 0) { all, message in
                if case .credit(let count) = message { all += Int(count) }
            }
        }
    }

    // MARK: - Input

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
    @Reactor func inputGoesNoFartherThanItsCredit(size: Int) throws {
        let sent = Sent()
        let input = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let stream = FramedInput(input, isOpen: false) { sent.messages.append($0) }
        #expect(sent.bytes == Array(input.prefix(65_536)))
        while sent.bytes.count < size {
            let before = sent.bytes.count
            try stream.receive(.credit(1000))
            #expect(sent.bytes.count == min(size, before + 1000))
        }
        #expect(sent.bytes == input)
        #expect(sent.messages.last == .end && sent.messages.filter { $0 == .end }.count == 1)
    }

    @Test @Reactor func inputThatStaysOpenEndsWhenItIsFinished() {
        let sent = Sent()
        let stream = FramedInput([1], isOpen: true) { sent.messages.append($0) }
        stream.append([2, 3])
        #expect(sent.messages == [.data([1]), .data([2, 3])])
        stream.finish()
        stream.append([4])
        stream.finish()
        #expect(sent.messages == [.data([1]), .data([2, 3]), .end])
    }

    @Test @Reactor func inputThatNobodyReadsIsDropped() throws {
        let sent = Sent()
        let stream = FramedInput([UInt8](repeating: 0, count: 100_000), isOpen: true) { sent.messages.append($0) }
        try stream.receive(.reset(errno: 32))
        let before = sent.messages.count
        try stream.receive(.credit(100_000))
        stream.append([1])
        stream.finish()
        #expect(sent.messages.count == before)
    }

    @Test(arguments: [StreamMessage.data([1]), .end])
    @Reactor func whatOnlyReadsSaysNothing(message: StreamMessage) {
        let stream = FramedInput([], isOpen: true) { _ in }
        #expect(throws: WireError.self) { try stream.receive(message) }
    }

    @Test @Reactor func moreCreditThanThereCanBeIsAnError() throws {
        let stream = FramedInput([], isOpen: true) { _ in }
        try stream.receive(.credit(.max - 65_536))
        #expect(throws: WireError.self) { try stream.receive(.credit(1)) }
    }

    // MARK: - Output

    @Reactor private func output(_ sent: Sent, _ take: @escaping @Reactor ([UInt8]) -> Bool) -> FramedOutput {
        let output = FramedOutput { sent.messages.append(.credit($0)) }
        output.listener = take
        return output
    }

    @Test @Reactor func creditComesAsOutputIsTaken() async throws {
        let sent = Sent()
        var taken = 0
        let stream = output(sent) { bytes in
            taken += bytes.count
            return true
        }
        for _ in 0..<40 { try stream.receive(.data([UInt8](repeating: 7, count: 32_768))) }
        #expect(taken == 40 * 32_768)
        #expect(taken - sent.credit < Int(FramedOutput.window))
        try stream.receive(.end)
        await stream.waitForEnd(isAlone: true)
    }

    @Test @Reactor func aListenerThatHasEnoughBoundsWhatIsKept() async throws {
        let sent = Sent()
        var taken: [UInt8] = []
        let stream = output(sent) { bytes in
            taken += bytes
            return false
        }
        try stream.receive(.data([1]))
        try stream.receive(.data([2, 3]))
        try stream.receive(.data([4]))
        try stream.receive(.end)
        #expect(taken == [1] && stream.isStopped)
        stream.resume()
        #expect(taken == [1, 2, 3, 4] && stream.isStopped)
        stream.resume()
        await stream.waitForEnd(isAlone: true)
    }

    @Test @Reactor func moreThanItsCreditIsAnError() throws {
        let sent = Sent()
        let stream = output(sent) { _ in false }
        let window = Int(FramedOutput.window)
        try stream.receive(.data([UInt8](repeating: 0, count: window)))
        // All of that was taken, and is paid back; what comes now is kept.
        try stream.receive(.data([UInt8](repeating: 0, count: sent.credit)))
        #expect(throws: WireError.self) { try stream.receive(.data([0])) }
    }

    @Test(arguments: [StreamMessage.data([1]), .end])
    @Reactor func nothingComesAfterTheEnd(message: StreamMessage) throws {
        let stream = output(Sent()) { _ in true }
        try stream.receive(.end)
        #expect(throws: WireError.self) { try stream.receive(message) }
    }

    @Test(arguments: [StreamMessage.credit(1), .reset(errno: 32)])
    @Reactor func whatOnlyWritesTakesNothing(message: StreamMessage) {
        let stream = output(Sent()) { _ in true }
        #expect(throws: WireError.self) { try stream.receive(message) }
    }

    @Test @Reactor func whatIsGivenUpIsWaitedForNoMore() async throws {
        var taken = 0
        let stream = output(Sent()) { bytes in
            taken += bytes.count
            return true
        }
        stream.abandon()
        try stream.receive(.data([1]))
        await stream.waitForEnd(isAlone: true)
        #expect(taken == 0)
    }

    // MARK: - A process's streams

    @Test @Reactor func nothingIsSentBeforeTheAgentKnowsTheProcess() throws {
        let streams = FramedStreams()
        var program = ProgramSpec(
            arguments: ["p"], environment: [], workingDirectory: "/", user: .sandbox, stdin: [1, 2],
            limits: .shippedDefaults)
        program.isInputOpen = true
        try streams.begin(program, listener: HeardOutput())
        var sent: [GuestRequest] = []
        streams.open(5) { sent.append($0) }
        #expect(sent == [.stream(15, .data([1, 2]))])
        streams.stdin?.append([3])
        streams.stdin?.finish()
        #expect(sent.dropFirst() == [.stream(15, .data([3])), .stream(15, .end)])
        #expect(streams.description(of: 5) == .framed(input: 15, output: 16, error: 17, window: FramedOutput.window))
    }

    @Test @Reactor func eachStreamHasANumberOfItsOwnAndATerminalHasOne() throws {
        #expect((15...17).map { FramedStreams.process(of: $0) } == [5, 5, 5])
        let heard = HeardOutput()
        let program = ProgramSpec(
            arguments: ["p"], environment: [], workingDirectory: "/", user: .sandbox, limits: .shippedDefaults)
        let three = FramedStreams()
        try three.begin(program, listener: heard)
        try three.receive(.data([1]), on: 16)
        try three.receive(.data([2]), on: 17)
        #expect(throws: WireError.self) { try three.receive(.data([3]), on: 15) }
        #expect(heard.bytes == [.stdout: [1], .stderr: [2]])
        let terminal = FramedStreams(terminal: TerminalSize(rows: 2, columns: 3))
        try terminal.begin(program, listener: heard)
        try terminal.receive(.data([4]), on: 15)
        #expect(heard.bytes[.stdout] == [1, 4])
        #expect(
            terminal.description(of: 5)
                == .terminal(stream: 15, window: FramedOutput.window, TerminalSize(rows: 2, columns: 3)))
    }

    @Test @Reactor func whatNeedsPipesIsRefused() {
        var program = ProgramSpec(
            arguments: ["p"], environment: [], workingDirectory: "/", user: .sandbox, limits: .shippedDefaults)
        program.isInterleaved = true
        #expect(throws: SystemError.self) { try FramedStreams().begin(program, listener: HeardOutput()) }
    }
}
