// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the host asks of the agent in a sandbox.
public enum GuestRequest: Hashable, Sendable {
    case hello(Hello)
    /// Adds a part to a file that `start` of the same process will write. Parts come in order.
    case stage(process: UInt32, path: String, mode: UInt32, part: [UInt8])
    /// Starts a program.
    case start(GuestProgram)
    /// Sends a signal to the process and to whatever is in its process group. One that has ended hears nothing.
    case signal(process: UInt32, signal: Int32)
    /// Sets the size of the process's terminal, and tells the process.
    case resize(process: UInt32, TerminalSize)
    case stream(UInt32, StreamMessage)
    /// Sets the clock, after a restore, to nanoseconds since 1970.
    case setClock(nanoseconds: UInt64)
    /// Feeds the random number generator, after a restore.
    case addEntropy([UInt8])
    /// Ends the agent, and the sandbox with it.
    case shutDown
}

extension GuestRequest {
    /// What the host says of itself, if this is that.
    public var hello: Hello? { if case .hello(let hello) = self { hello } else { nil } }

    public var frame: Frame {
        switch self {
        case .hello(let hello): hello.frame
        case .stage(let process, let path, let mode, let part):
            Frame(.stage, process) { writer in
                writer.write(path)
                writer.write(mode)
                writer.write(part)
            }
        case .start(let program): Frame(.start, program.process) { program.write(to: &$0) }
        case .signal(let process, let signal): Frame(.signal, process) { $0.write(signal) }
        case .resize(let process, let size): Frame(.resize, process) { size.write(to: &$0) }
        case .stream(let stream, let message): message.frame(stream)
        case .setClock(let nanoseconds): Frame(.setClock) { $0.write(nanoseconds) }
        case .addEntropy(let bytes): Frame(.addEntropy) { $0.write(bytes) }
        case .shutDown: Frame(.shutDown)
        }
    }

    public init(_ frame: Frame) throws(WireError) { self = try Self.read(frame) }
}

extension GuestRequest: FramedMessage {
    init(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        switch FrameType(rawValue: frame.type) {
        case .hello: self = .hello(try Hello(frame, &reader))
        case .stage:
            self = .stage(
                process: frame.subject, path: try reader.string(), mode: try reader.integer(),
                part: try reader.byteArray())
        case .start: self = .start(try GuestProgram(frame.subject, &reader))
        case .signal: self = .signal(process: frame.subject, signal: try reader.signal())
        case .resize: self = .resize(process: frame.subject, try TerminalSize(&reader))
        case .setClock:
            try frame.requireNoSubject()
            self = .setClock(nanoseconds: try reader.integer())
        case .addEntropy:
            try frame.requireNoSubject()
            self = .addEntropy(try reader.byteArray())
        case .shutDown:
            try frame.requireNoSubject()
            self = .shutDown
        default: throw WireError("request of type \(frame.type)")
        }
    }
}
