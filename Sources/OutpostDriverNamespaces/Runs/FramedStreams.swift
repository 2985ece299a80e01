// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The streams of a program in frames through the agent: three streams, or one for a terminal.
@Reactor
final class FramedStreams: ProcessConnection {
    let programEnds: [Descriptor] = []
    private(set) var stdin: (any ProcessInput)?
    private let output: FramedOutput
    private let error: FramedOutput
    private let terminal: TerminalSize?
    private let outbox = Outbox()

    var stdout: any ProcessOutput { output }
    var stderr: any ProcessOutput { error }
    private var input: FramedInput? { stdin as? FramedInput }

    /// Sends messages about the streams. Until the agent knows the process, it holds them.
    @Reactor
    private final class Outbox {
        var number: UInt32 = 0
        var send: (@Reactor (GuestRequest) -> Void)?
        private var waiting: [(part: UInt32, StreamMessage)] = []

        func post(_ part: UInt32, _ message: StreamMessage) {
            guard let send else { return waiting.append((part, message)) }
            send(.stream(FramedStreams.stream(part, of: number), message))
        }

        func open(_ number: UInt32, _ send: @escaping @Reactor (GuestRequest) -> Void) {
            self.number = number
            self.send = send
            let first = waiting
            waiting = []
            for (part, message) in first { post(part, message) }
        }
    }

    /// Creates the streams.
    ///
    /// - Parameter terminal: the size of the terminal, if the program has one.
    init(terminal: TerminalSize? = nil) {
        self.terminal = terminal
        let outputPart = terminal == nil ? Self.outputPart : Self.inputPart
        output = FramedOutput { [outbox] in outbox.post(outputPart, .credit($0)) }
        error = FramedOutput { [outbox] in outbox.post(Self.errorPart, .credit($0)) }
        // A terminal has only one stream.
        if terminal != nil { error.abandon() }
    }

    private nonisolated static let inputPart: UInt32 = 0
    private nonisolated static let outputPart: UInt32 = 1
    private nonisolated static let errorPart: UInt32 = 2

    /// Returns the number of a stream. Process numbers are unique in a sandbox, so these are too.
    private nonisolated static func stream(_ part: UInt32, of process: UInt32) -> UInt32 { process * 3 + part }

    /// Returns the process of a stream.
    nonisolated static func process(of stream: UInt32) -> UInt32 { stream / 3 }

    func description(of process: UInt32) -> ProcessStreams {
        if let terminal {
            return .terminal(stream: Self.stream(Self.inputPart, of: process), window: FramedOutput.window, terminal)
        }
        return .framed(
            input: Self.stream(Self.inputPart, of: process), output: Self.stream(Self.outputPart, of: process),
            error: Self.stream(Self.errorPart, of: process), window: FramedOutput.window)
    }

    func begin(_ program: ProgramSpec, listener: any ProcessListener) throws(SystemError) {
        guard !program.isInterleaved, program.pipes == nil else {
            throw SystemError("keep the order of framed streams", number: SystemError.invalid)
        }
        listen(listener)
        stdin = FramedInput(program.stdin, isOpen: program.isInputOpen) { [outbox] in
            outbox.post(Self.inputPart, $0)
        }
    }

    func open(_ process: UInt32, _ send: @escaping @Reactor (GuestRequest) -> Void) { outbox.open(process, send) }

    func receive(_ message: StreamMessage, on stream: UInt32) throws(WireError) {
        switch (stream % 3, message) {
        case (Self.inputPart, .data) where terminal != nil, (Self.inputPart, .end) where terminal != nil:
            try output.receive(message)
        case (Self.inputPart, _): try input?.receive(message)
        case (Self.outputPart, _): try output.receive(message)
        default: try error.receive(message)
        }
    }

    func sentProgramEnds(isAlone: Bool) {}

    func endInput() { stdin?.close() }

    func lostAgent() { abandon() }

    func abandon() {
        outbox.send = { _ in }
        output.abandon()
        error.abandon()
    }
}
