// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A message from the host to the agent of a sandbox.
public enum GuestRequest: Hashable, Sendable {
    /// The host's version and features.
    case hello(Hello)
    /// Appends a part to a file that the `start` of the same process writes. Parts come in order.
    case stage(process: UInt32, path: String, mode: UInt32, part: [UInt8])
    /// Starts a program.
    case start(GuestProgram)
    /// Sends a signal to the process, and with `group` to its whole process group. Has no effect after the process has ended.
    case signal(process: UInt32, signal: Int32, group: Bool)
    /// Sets the size of the process's terminal. The kernel then signals the process.
    case resize(process: UInt32, TerminalSize)
    /// A message about the stream of this number.
    case stream(UInt32, StreamMessage)
    /// Sets the clock, in nanoseconds since 1970. Used after a restored snapshot.
    case setClock(nanoseconds: UInt64)
    /// Adds bytes to the random number generator. Used after a restored snapshot.
    case addEntropy([UInt8])
    /// Ends the agent, and with it the sandbox.
    case shutDown
}

extension GuestRequest {
    /// The hello, if this message is one.
    public var hello: Hello? { if case .hello(let hello) = self { hello } else { nil } }

    /// The frame of this message.
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
        case .signal(let process, let signal, let group):
            Frame(.signal, process) { writer in
                writer.write(signal)
                writer.write(group)
            }
        case .resize(let process, let size): Frame(.resize, process) { size.write(to: &$0) }
        case .stream(let stream, let message): message.frame(stream)
        case .setClock(let nanoseconds): Frame(.setClock) { $0.write(nanoseconds) }
        case .addEntropy(let bytes): Frame(.addEntropy) { $0.write(bytes) }
        case .shutDown: Frame(.shutDown)
        }
    }

    /// Reads the message of a frame.
    ///
    /// - Throws: `WireError` for a frame that is no valid request.
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
        case .signal: self = .signal(process: frame.subject, signal: try reader.signal(), group: try reader.boolean())
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
