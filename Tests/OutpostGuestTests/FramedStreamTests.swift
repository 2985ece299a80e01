// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

/// Streams in frames carry what pipes do, at the host's pace.
@Suite(.timeLimit(.minutes(5)))
struct FramedStreamTests {
    @Test(arguments: AgentFixture.Transport.allCases)
    func outputAndErrorAreByThemselves(transport: AgentFixture.Transport) throws {
        let agent = try AgentFixture(transport)
        let process = try agent.start(["sh", "-c", "echo out; echo err >&2; exit 3"])
        #expect(try process.text(of: process.output) == "out\n")
        #expect(try process.text(of: process.error) == "err\n")
        #expect(try process.end() == .exited(3))
    }

    @Test(arguments: AgentFixture.Transport.allCases)
    func inputArrivesAndEnds(transport: AgentFixture.Transport) throws {
        let agent = try AgentFixture(transport)
        let process = try agent.start(["sh", "-c", "cat; echo over"])
        try process.send("one ", to: process.input)
        try process.send("two", to: process.input)
        try process.endInput()
        #expect(try process.text(of: process.output) == "one twoover\n")
        #expect(try process.end() == .exited(0))
    }

    /// Every size around the boundaries of windows, frames and pipes.
    @Test(
        arguments: [0, 1, 4095, 4096, 65_535, 65_536, 65_537, 1 << 20, 5_000_000],
        [1, 4096, 65_536, 1 << 20] as [UInt32])
    func outputOfAnySizeComesWhole(size: Int, window: UInt32) throws {
        // One byte for each credit is a message for each byte.
        let size = window == 1 ? min(size, 4096) : size
        let agent = try AgentFixture()
        let process = try agent.start(["sh", "-c", "head -c \(size) /dev/zero"], window: window)
        #expect(try process.all(of: process.output) == [UInt8](repeating: 0, count: size))
        #expect(try process.end() == .exited(0))
    }

    @Test func outputWaitsForCreditAndTheProgramWithIt() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["sh", "-c", "head -c 1000000 /dev/zero; echo written >&2"], window: 10)
        guard case .data(let first) = try process.message(of: process.output) else { throw WireError("no data") }
        #expect(first.count == 10)
        // The agent answers others meanwhile, and has nothing more of this one.
        let other = try agent.start(["echo", "other"])
        #expect(try other.text(of: other.output) == "other\n")
        try agent.send(.stream(process.output, .credit(5)))
        guard case .data(let second) = try process.message(of: process.output) else { throw WireError("no data") }
        #expect(second.count == 5)
        try agent.send(.stream(process.output, .credit(2_000_000)))
        #expect(try process.all(of: process.output).count == 1_000_000 - 15)
        #expect(try process.text(of: process.error) == "written\n")
        #expect(try process.end() == .exited(0))
    }

    @Test func inputLargerThanTheWindowGoesAsItIsRead() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["sh", "-c", "wc -c"])
        let size = 20 * Int(ProcessStreams.inputWindow)
        var (rest, credit) = (size, Int(ProcessStreams.inputWindow))
        while rest > 0 {
            // All of it: the agent gives none for the last part that is less than half a window.
            let part = [UInt8](repeating: 7, count: min(rest, credit))
            try agent.send(.stream(process.input, .data(part)))
            rest -= part.count
            guard rest > 0, case .credit(let more) = try process.message(of: process.input) else { break }
            credit = Int(more)
        }
        #expect(rest == 0)
        try process.endInput()
        #expect(try process.text(of: process.output) == "\(size)\n")
    }

    @Test func aProgramThatReadsNothingHoldsUpNobody() throws {
        let agent = try AgentFixture()
        let deaf = try agent.start(["sleep", "1000"], reports: .start)
        _ = try deaf.waitForStart()
        try agent.send(.stream(deaf.input, .data([UInt8](repeating: 1, count: Int(ProcessStreams.inputWindow)))))
        let other = try agent.start(["echo", "other"])
        #expect(try other.text(of: other.output) == "other\n")
        try deaf.signal(SignalNumber.kill)
        #expect(try deaf.end() == .signalled(SignalNumber.kill))
    }

    @Test func aProgramThatIsNotReadAnyMoreGetsTheSignalForIt() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["sh", "-c", "exec yes"], window: 100)
        guard case .data = try process.message(of: process.output) else { throw WireError("no data") }
        try agent.send(.stream(process.output, .reset(errno: SystemError.brokenPipe)))
        #expect(try process.end() == .signalled(13))
    }

    @Test func inputThatNobodyReadsIsRefused() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["sh", "-c", "exec <&-; echo closed; sleep 1000"])
        #expect(try process.read(until: "closed", of: process.output) == "closed\n")
        try process.send("lost", to: process.input)
        #expect(try process.message(of: process.input) == .reset(errno: SystemError.brokenPipe))
        // What was sent before the host could know.
        try process.send("lost too", to: process.input)
        try process.endInput()
        try process.signal(SignalNumber.terminate)
        #expect(try process.end() == .signalled(SignalNumber.terminate))
    }

    @Test func outputOfWhatAProgramLeavesBehindComesAfterItsEnd() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["sh", "-c", "(read -r line; echo late) & exit 4"])
        #expect(try process.end() == .exited(4))
        try agent.send(.stream(process.output, .reset(errno: 0)))
        try agent.send(.stream(process.error, .reset(errno: 0)))
        let other = try agent.start(["true"])
        #expect(try other.end() == .exited(0))
    }

    /// A host that breaks the rules is no host. What it says of a stream that has ended has no effect, since it cannot know.
    @Test(
        arguments: [
            (true, [.data([UInt8](repeating: 1, count: Int(ProcessStreams.inputWindow) + 1))]),
            (false, [.credit(.max)]), (false, [.credit(.max - 65_536), .credit(1)]),
        ] as [(Bool, [StreamMessage])])
    func aHostThatBreaksTheRulesOfAStreamIsLeft(isInput: Bool, messages: [StreamMessage]) throws {
        let agent = try AgentFixture()
        let process = try agent.start(["sleep", "1000"], reports: .start)
        _ = try process.waitForStart()
        let stream = isInput ? process.input : process.output
        for message in messages { try agent.send(.stream(stream, message)) }
        #expect(try agent.waitForEnd() == .code(1))
    }

    @Test func twoStreamsOfOneNumberAreRefused() throws {
        let agent = try AgentFixture()
        let streams = ProcessStreams.framed(input: 1, output: 2, error: 2, window: 1)
        try agent.send(.start(AgentFixture.program(1, ["sleep", "1000"], streams: streams)))
        #expect(try agent.waitForEnd() == .code(1))
    }
}
