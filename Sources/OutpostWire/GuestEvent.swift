// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A message from the agent of a sandbox to the host. The host trusts it only about that sandbox.
public enum GuestEvent: Hashable, Sendable {
    /// The stage in which the start of a program failed.
    public enum Stage: UInt8, Sendable {
        /// Writing the file of this position.
        case file = 1
        /// Entering the working directory.
        case directory = 2
        /// Executing the program.
        case execute = 3
        /// Any other step. The client cannot have caused its failure.
        case setup = 4
    }

    /// The agent's version and features.
    case hello(Hello)
    /// The program has been executed. Its process has this id in the sandbox.
    case started(process: UInt32, pid: Int32)
    /// The program could not be started.
    case refused(process: UInt32, stage: Stage, position: UInt32, errno: Int32, detail: String)
    /// The program ended with an exit code.
    case exited(process: UInt32, code: Int32)
    /// A signal ended the program.
    case signalled(process: UInt32, signal: Int32)
    /// The resources that the program and its reaped children used, from the sandbox's kernel (getrusage(2)).
    case used(process: UInt32, cpuMicroseconds: UInt64, memoryPeakBytes: UInt64)
    /// A message about the stream of this number.
    case stream(UInt32, StreamMessage)
    /// A request that is not about a process failed.
    case failed(errno: Int32, detail: String)
}

extension GuestEvent {
    /// The hello, if this message is one.
    public var hello: Hello? { if case .hello(let hello) = self { hello } else { nil } }

    /// The frame of this message.
    public var frame: Frame {
        switch self {
        case .hello(let hello): hello.frame
        case .started(let process, let pid): Frame(.started, process) { $0.write(pid) }
        case .refused(let process, let stage, let position, let errno, let detail):
            Frame(.refused, process) { writer in
                writer.write(stage.rawValue)
                writer.write(position)
                writer.write(errno)
                writer.write(detail)
            }
        case .exited(let process, let code): Frame(.exited, process) { $0.write(code) }
        case .signalled(let process, let signal): Frame(.signalled, process) { $0.write(signal) }
        case .used(let process, let cpuMicroseconds, let memoryPeakBytes):
            Frame(.used, process) { writer in
                writer.write(cpuMicroseconds)
                writer.write(memoryPeakBytes)
            }
        case .stream(let stream, let message): message.frame(stream)
        case .failed(let errno, let detail):
            Frame(.failed) { writer in
                writer.write(errno)
                writer.write(detail)
            }
        }
    }

    /// Reads the message of a frame.
    ///
    /// - Throws: `WireError` for a frame that is no valid event.
    public init(_ frame: Frame) throws(WireError) { self = try Self.read(frame) }
}

extension GuestEvent: FramedMessage {
    init(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        switch FrameType(rawValue: frame.type) {
        case .hello: self = .hello(try Hello(frame, &reader))
        case .started: self = .started(process: frame.subject, pid: try reader.integer())
        case .refused:
            guard let stage = Stage(rawValue: try reader.integer()) else { throw WireError("stage") }
            self = .refused(
                process: frame.subject, stage: stage, position: try reader.integer(), errno: try reader.integer(),
                detail: try reader.string())
        case .exited:
            let code = try reader.integer(Int32.self)
            guard (0...255).contains(code) else { throw WireError("exit code \(code)") }
            self = .exited(process: frame.subject, code: code)
        case .signalled: self = .signalled(process: frame.subject, signal: try reader.signal())
        case .used:
            self = .used(
                process: frame.subject, cpuMicroseconds: try reader.integer(), memoryPeakBytes: try reader.integer())
        case .failed:
            try frame.requireNoSubject()
            self = .failed(errno: try reader.integer(), detail: try reader.string())
        default: throw WireError("event of type \(frame.type)")
        }
    }
}

extension ByteReader {
    /// Reads a signal number, 1 to 64.
    mutating func signal() throws(WireError) -> Int32 {
        let signal = try integer(Int32.self)
        guard (1...64).contains(signal) else { throw WireError("signal \(signal)") }
        return signal
    }
}
