// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

/// Processes start, end, and are told of, and none of them holds up another.
@Suite(.timeLimit(.minutes(5)))
struct ProcessTests {
    @Test func theAgentGreetsFirst() throws {
        let agent = try AgentFixture()
        let expected: Hello.Features = [.processes, .attachedStreams, .framedStreams, .terminals, .workers]
        #expect(try agent.next() == .hello(Hello(features: expected)))
    }

    @Test(arguments: [0, 1, 3, UInt16.max])
    func aHostOfAnotherVersionIsLeft(version: UInt16) throws {
        let agent = try AgentFixture(hello: Hello(version: version, features: []))
        #expect(try agent.waitForEnd() == .code(1))
    }

    @Test(arguments: [
        GuestRequest.signal(process: 1, signal: 9, group: true), .stream(1, .end), .shutDown, .addEntropy([1]),
    ])
    func aHostThatDoesNotGreetIsLeft(request: GuestRequest) throws {
        let agent = try AgentFixture(hello: nil)
        try agent.send(request)
        #expect(try agent.waitForEnd() == .code(1))
    }

    @Test func aHostThatGreetsTwiceIsLeft() throws {
        let agent = try AgentFixture()
        try agent.send(.hello(Hello(features: [])))
        #expect(try agent.waitForEnd() == .code(1))
    }

    @Test func anAgentWhoseHostIsGoneEnds() throws {
        #expect(try AgentFixture().waitForEnd() == .code(0))
    }

    @Test func aShutdownEndsIt() throws {
        let agent = try AgentFixture()
        _ = try agent.next()
        try agent.send(.shutDown)
        #expect(try agent.next() == nil)
    }

    @Test func attachedStreamsAreTheProgramsOwn() throws {
        let agent = try AgentFixture()
        let (input, output, error) = (try Descriptor.pipe(), try Descriptor.pipe(), try Descriptor.pipe())
        var program = AgentFixture.program(1, ["sh", "-c", "cat; echo err >&2"], streams: .attached)
        program.descriptors = 3
        try agent.send(.start(program), [input.read, output.write, error.write])
        for end in [input.read, output.write, error.write] { end.closeNow() }
        try input.write.writeAll(Array("in".utf8))
        input.write.closeNow()
        #expect(try FramedProcess(agent, 1).end() == .exited(0))
        #expect(try Self.all(output.read) == "in")
        #expect(try Self.all(error.read) == "err\n")
    }

    private static func all(_ pipe: Descriptor) throws -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while let count = try pipe.read(into: &buffer), count > 0 {
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }

    @Test(arguments: [0, 1, 42, 255] as [Int32])
    func anExitCodeIsTold(code: Int32) throws {
        let process = try AgentFixture().start(["sh", "-c", "exit \(code)"])
        #expect(try process.end() == .exited(code))
    }

    @Test(arguments: [1, 2, 6, 9, 11, 15, 31, 64] as [Int32])
    func aSignalThatEndsAProgramIsTold(signal: Int32) throws {
        let process = try AgentFixture().start(["sh", "-c", "kill -\(signal) $$; sleep 1000"])
        #expect(try process.end() == .signalled(signal))
    }

    @Test func aProgramThatIsNotThereIsRefused() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["no-such-program"], reports: [.start, .usage])
        #expect(try process.end() == .refused(.execute, 2))
        let other = try agent.start(["true"])
        #expect(try other.end() == .exited(0))
    }

    @Test func theStartIsToldWhenItIsAskedFor() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["sh", "-c", "echo $$"], reports: .start)
        let pid = try process.waitForStart()
        #expect(try process.text(of: process.output) == "\(pid)\n")
    }

    @Test func usageIsToldBeforeTheEndWhenItIsAskedFor() throws {
        let agent = try AgentFixture()
        let process = try agent.start(
            ["python3", "-c", "import time\nx = bytearray(50 << 20)\nwhile time.process_time() < 0.1: pass"],
            reports: .usage)
        while let event = try agent.next() {
            switch event {
            case .used(process.number, let cpu, let memory):
                #expect(cpu >= 100_000)
                #expect(memory >= 50 << 20)
                #expect(try process.end() == .exited(0))
                return
            case .exited: Issue.record("the end came before it")
            default: continue
            }
        }
    }

    @Test(arguments: [SignalNumber.terminate, SignalNumber.kill, 2, 10])
    func aSignalReachesTheWholeGroup(signal: Int32) throws {
        let process = try AgentFixture().start(["sh", "-c", "sleep 1000 | sleep 1000; echo survived"], reports: .start)
        _ = try process.waitForStart()
        try process.signal(signal)
        #expect(try process.end() == .signalled(signal))
        #expect(try process.text(of: process.output) == "", "the pipe ends when all of them have ended")
    }

    @Test func aSignalForAProcessThatHasEndedIsLost() throws {
        let agent = try AgentFixture()
        let process = try agent.start(["true"])
        #expect(try process.end() == .exited(0))
        try process.signal(9)
        try agent.send(.signal(process: 999, signal: 9, group: true))
        try agent.send(.resize(process: 999, TerminalSize(rows: 1, columns: 1)))
        try agent.send(.stream(999, .data([1])))
        let other = try agent.start(["echo", "there"])
        #expect(try other.text(of: other.output) == "there\n")
    }

    /// A start that takes long, here because what is copied does not come, holds up no other.
    @Test func aStartThatHangsHoldsUpNobody() throws {
        let agent = try AgentFixture()
        let source = try Descriptor.pipe()
        var program = AgentFixture.program(
            agent.number(), ["true"], streams: .framed(input: 900, output: 901, error: 902, window: 1))
        program.copies = [
            .init(path: "/tmp/outpost-guest-test-\(UInt32.random(in: 0...UInt32.max))", mode: 0o644, offset: 0, size: 1)
        ]
        program.descriptors = 1
        try agent.send(.start(program), [source.read])
        let other = try agent.start(["echo", "meanwhile"])
        #expect(try other.text(of: other.output) == "meanwhile\n")
        #expect(try other.end() == .exited(0))
        source.read.closeNow()
        source.write.closeNow()
        // A pipe cannot be copied from.
        guard case .refused(.file, _) = try FramedProcess(agent, program.process).end() else {
            throw WireError("the start went on")
        }
    }

    @Test func manyRunAtOnce() throws {
        let agent = try AgentFixture()
        let processes = try (0..<50).map { try agent.start(["sh", "-c", "read -r line; echo $line-\($0)"]) }
        for process in processes.reversed() { try process.send("x\n", to: process.input) }
        for (index, process) in processes.enumerated() {
            #expect(try process.text(of: process.output) == "x-\(index)\n")
            #expect(try process.end() == .exited(0))
        }
    }

    @Test func theMachineIsNotTheSandboxes() throws {
        let agent = try AgentFixture()
        for request in [GuestRequest.setClock(nanoseconds: 1), .addEntropy([1, 2, 3])] {
            try agent.send(request)
            #expect(
                try agent.wait { if case .failed(let errno, _) = $0 { errno } else { nil } } == SystemError.notPermitted
            )
        }
    }
}
