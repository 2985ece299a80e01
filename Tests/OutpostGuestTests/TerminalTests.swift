// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

/// A program in a terminal finds what it would find in any other.
@Suite(.timeLimit(.minutes(5)))
struct TerminalTests {
    @Test func itsStreamsAreOneTerminalOfItsOwn() throws {
        let process = try AgentFixture().startTerminal(
            [
                "sh", "-c",
                "test -t 0 && test -t 1 && test -t 2 && echo all; stat -c %u $(tty); stty size; : > /dev/tty && echo own",
            ],
            rows: 33, columns: 101)
        #expect(try process.text(of: process.output) == "all\r\n1000\r\n33 101\r\nown\r\n")
        #expect(try process.end() == .exited(0))
    }

    @Test func whatIsTypedIsEchoedAndRead() throws {
        let process = try AgentFixture().startTerminal(["sh", "-c", "read -r line; echo got $line"])
        _ = try process.waitForStart()
        try process.send("hello\n", to: process.output)
        #expect(try process.text(of: process.output) == "hello\r\ngot hello\r\n")
    }

    @Test(arguments: [("\u{3}", 2), ("\u{1c}", 3)] as [(String, Int32)])
    func aKeyThatInterruptsDoes(key: String, signal: Int32) throws {
        let process = try AgentFixture().startTerminal(["sh", "-c", "echo ready; exec sleep 1000"])
        _ = try process.read(until: "ready", of: process.output)
        try process.send(key, to: process.output)
        #expect(try process.end() == .signalled(signal))
    }

    @Test func theEndOfTheInputIsOneForTheProgram() throws {
        let process = try AgentFixture().startTerminal(["sh", "-c", "stty -echo; echo ready; cat; echo over"])
        _ = try process.read(until: "ready", of: process.output)
        try process.send("line\n", to: process.output)
        try process.agent.send(.stream(process.output, .end))
        #expect(try process.read(until: "over", of: process.output).contains("line\r\n"))
        #expect(try process.end() == .exited(0))
    }

    @Test func itIsToldOfANewSize() throws {
        let code = """
            import os, signal
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
            print("ready", flush=True)
            signal.sigwait([signal.SIGWINCH])
            print(os.get_terminal_size())
            """
        let process = try AgentFixture().startTerminal(["python3", "-c", code])
        _ = try process.read(until: "ready", of: process.output)
        try process.agent.send(.resize(process: process.number, TerminalSize(rows: 50, columns: 120)))
        #expect(try process.text(of: process.output).hasSuffix("columns=120, lines=50)\r\n"))
    }

    @Test func aHostThatHangsUpEndsIt() throws {
        let process = try AgentFixture().startTerminal(["sh", "-c", "echo ready; exec sleep 1000"])
        _ = try process.read(until: "ready", of: process.output)
        try process.agent.send(.stream(process.output, .reset(errno: 0)))
        #expect(try process.end() == .signalled(1))
    }

    @Test func severalAreBySideOfEachOther() throws {
        let agent = try AgentFixture()
        let processes = try (0..<10).map { _ in try agent.startTerminal(["tty"]) }
        let names = try processes.map { try $0.text(of: $0.output) }
        #expect(Set(names).count == processes.count, "\(names)")
    }
}
