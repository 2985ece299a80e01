// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostLinux
import OutpostWire
import Testing

/// The agent of this build as a process of its own, without a sandbox around it, and the host's ends of its protocol.
///
/// Its calls block until the agent has answered, and fail when it hangs.
final class AgentFixture {
    /// How the bytes of both directions travel.
    enum Transport: CaseIterable {
        case direct
        /// One at a time.
        case bytewise
    }

    private let requests: MessageSocket
    private let events: Descriptor
    private let agent: ChildProcess
    private var decoder = FrameDecoder()
    /// What was received and not asked for yet.
    private var received: [GuestEvent] = []
    private var nextProcess: UInt32 = 1

    init(_ transport: Transport = .direct, hello: Hello? = Hello(features: [.attachedStreams])) throws {
        let image = try SealedImage(
            name: "agent",
            bytes: UnsafeRawBufferPointer(start: outpost_guest_image.start, count: outpost_guest_image.size))
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: false)
        let pipe = try Descriptor.pipe()
        let failures = try Descriptor.pipe()
        agent = try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [
                // Out of the way of the numbers that it gets them as.
                .duplicate(theirs.descriptor.number, to: 1003), .duplicate(pipe.write.number, to: 1004),
                .duplicate(image.descriptor.number, to: 1005), .duplicate(1003, to: 3), .duplicate(1004, to: 4),
                .duplicate(1005, to: 5), .closeFrom(5),
                .executeDescriptor(5, arguments: ["outpost-init", "guest"], environment: []),
            ])
        failures.write.closeNow()
        if let failure = try ChildProcess.failure(from: failures.read) { throw failure }
        theirs.descriptor.closeNow()
        pipe.write.closeNow()
        switch transport {
        case .direct: (requests, events) = (ours, pipe.read)
        case .bytewise: (requests, events) = try Relay.between(ours, pipe.read)
        }
        if let hello { try send(.hello(hello)) }
    }

    /// Ends the agent, which ends when its host is gone, and whatever it has started.
    deinit {
        try? agent.signal(SignalNumber.kill)
        _ = try? agent.wait()
    }

    /// Waits for the agent's own end.
    func waitForEnd() throws -> ChildProcess.Exit {
        requests.endSending()
        try Self.waitUntilReadable(agent.pidfd, "the agent does not end")
        return try agent.wait()
    }

    func send(_ request: GuestRequest, _ descriptors: [Descriptor] = []) throws {
        var rest = request.frame.encoded[...]
        var descriptors = descriptors
        while !rest.isEmpty {
            rest = rest.dropFirst(try requests.send(rest, descriptors: descriptors) ?? 0)
            descriptors = []
        }
    }

    /// The next event, or nil when the agent is gone.
    func next() throws -> GuestEvent? {
        if !received.isEmpty { return received.removeFirst() }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let frame = try decoder.next() { return try GuestEvent(frame) }
            try Self.waitUntilReadable(events, "the agent says nothing")
            guard let count = try events.read(into: &buffer), count > 0 else { return nil }
            decoder.append(buffer[..<count])
        }
    }

    private static func waitUntilReadable(_ descriptor: Descriptor, _ problem: String) throws {
        let results = try poll([PollEntry(descriptor.number)], milliseconds: 60_000)
        guard results.contains(where: { $0.isReadable || $0.isClosed }) else { throw WireError(problem) }
    }

    /// The next event for which `body` has a value; those before it are kept.
    func wait<Value>(for body: (GuestEvent) -> Value?) throws -> Value {
        if let index = received.firstIndex(where: { body($0) != nil }), let value = body(received.remove(at: index)) {
            return value
        }
        var others: [GuestEvent] = []
        defer { received += others }
        while let event = try next() {
            if let value = body(event) { return value }
            others.append(event)
        }
        throw WireError("the agent is gone; before it said \(others)")
    }

    // MARK: - Processes

    /// A number for a process, and for its streams: the process's times 10.
    func number() -> UInt32 {
        defer { nextProcess += 1 }
        return nextProcess
    }

    static func program(
        _ number: UInt32, _ arguments: [String], streams: ProcessStreams, reports: GuestProgram.Reports = []
    ) -> GuestProgram {
        var program = GuestProgram(
            process: number, descriptors: 0, uid: 1000, gid: 1000, arguments: arguments,
            environment: ["PATH=/usr/bin:/bin", "TERM=dumb"], directory: "/", limits: [], filters: [])
        program.streams = streams
        program.reports = reports
        return program
    }

    /// Starts a program whose streams go in frames.
    func start(
        _ arguments: [String], window: UInt32 = 65_536, reports: GuestProgram.Reports = []
    ) throws -> FramedProcess {
        let number = number()
        let process = FramedProcess(self, number)
        let streams = ProcessStreams.framed(
            input: process.input, output: process.output, error: process.error, window: window)
        try send(.start(Self.program(number, arguments, streams: streams, reports: reports)))
        return process
    }

    /// Starts a program in a terminal.
    func startTerminal(_ arguments: [String], rows: UInt16 = 24, columns: UInt16 = 80) throws -> FramedProcess {
        let number = number()
        let process = FramedProcess(self, number)
        let streams = ProcessStreams.terminal(
            stream: process.output, window: 1 << 20, TerminalSize(rows: rows, columns: columns))
        try send(.start(Self.program(number, arguments, streams: streams, reports: .start)))
        return process
    }
}

/// A process and its streams.
struct FramedProcess {
    let agent: AgentFixture
    let number: UInt32

    init(_ agent: AgentFixture, _ number: UInt32) {
        self.agent = agent
        self.number = number
    }

    var input: UInt32 { number * 10 }
    var output: UInt32 { number * 10 + 1 }
    var error: UInt32 { number * 10 + 2 }

    enum End: Hashable {
        case exited(Int32)
        case signalled(Int32)
        case refused(GuestEvent.Stage, Int32)
    }

    func end() throws -> End {
        try agent.wait { event in
            switch event {
            case .exited(number, let code): .exited(code)
            case .signalled(number, let signal): .signalled(signal)
            case .refused(number, let stage, _, let errno, _): .refused(stage, errno)
            default: nil
            }
        }
    }

    func waitForStart() throws -> Int32 {
        try agent.wait { if case .started(number, let pid) = $0 { pid } else { nil } }
    }

    /// The next message of a stream.
    func message(of stream: UInt32) throws -> StreamMessage {
        try agent.wait { if case .stream(stream, let message) = $0 { message } else { nil } }
    }

    /// What the stream has until it ends; credit is given for each part.
    func all(of stream: UInt32) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            switch try message(of: stream) {
            case .data(let part):
                bytes += part
                try agent.send(.stream(stream, .credit(UInt32(part.count))))
            case .end: return bytes
            case .credit, .reset: throw WireError("an output stream has neither credit nor a reset")
            }
        }
    }

    func text(of stream: UInt32) throws -> String { String(decoding: try all(of: stream), as: UTF8.self) }

    /// Reads until the text is there.
    func read(until text: String, of stream: UInt32) throws -> String {
        var seen = ""
        while !seen.contains(text) {
            guard case .data(let part) = try message(of: stream) else { throw WireError("it ended after \(seen)") }
            seen += String(decoding: part, as: UTF8.self)
        }
        return seen
    }

    func send(_ text: String, to stream: UInt32) throws { try agent.send(.stream(stream, .data(Array(text.utf8)))) }

    func endInput() throws { try agent.send(.stream(input, .end)) }

    func signal(_ number: Int32, group: Bool = true) throws {
        try agent.send(.signal(process: self.number, signal: number, group: group))
    }
}
