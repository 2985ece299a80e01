// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What the host says to the worker of a sandbox. The host numbers its requests and uses no number twice.
public enum WorkerRequest: Hashable, Sendable {
    case hello(Hello)
    case begin(UInt32, WorkerOperation)
    /// What is said of the stream of a request.
    case stream(UInt32, StreamMessage)
}

extension WorkerRequest {
    /// What the host says of itself, if this is that.
    public var hello: Hello? { if case .hello(let hello) = self { hello } else { nil } }

    public var frame: Frame {
        switch self {
        case .hello(let hello): hello.frame
        case .begin(let request, let operation): operation.frame(request)
        case .stream(let request, let message): message.frame(request)
        }
    }

    public init(_ frame: Frame) throws(WireError) { self = try Self.read(frame) }
}

extension WorkerRequest: FramedMessage {
    init(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        if frame.type == FrameType.hello.rawValue {
            self = .hello(try Hello(frame, &reader))
        } else if let operation = try WorkerOperation(frame, &reader) {
            self = .begin(frame.subject, operation)
        } else {
            throw WireError("worker request of type \(frame.type)")
        }
    }
}

/// What the worker of a sandbox says. The host believes it only what concerns the sandbox itself.
public enum WorkerReply: Hashable, Sendable {
    case hello(Hello)
    /// The request has a stream now, of the file that is told, if it is one.
    case begun(UInt32, FileInformation?)
    /// The request is done; this is there now, if it is about something that is there.
    case done(UInt32, FileInformation?)
    /// The request failed, at this path or port, and is over.
    case failed(UInt32, errno: Int32, detail: String)
    /// What is said of the stream of a request.
    case stream(UInt32, StreamMessage)
}

extension WorkerReply {
    /// What the worker says of itself, if this is that.
    public var hello: Hello? { if case .hello(let hello) = self { hello } else { nil } }

    public var frame: Frame {
        switch self {
        case .hello(let hello): hello.frame
        case .begun(let request, let record): Frame(.begun, request) { $0.write(record) }
        case .done(let request, let record): Frame(.done, request) { $0.write(record) }
        case .failed(let request, let errno, let detail):
            Frame(.requestFailed, request) { writer in
                writer.write(errno)
                writer.write(detail)
            }
        case .stream(let request, let message): message.frame(request)
        }
    }

    public init(_ frame: Frame) throws(WireError) { self = try Self.read(frame) }
}

extension WorkerReply: FramedMessage {
    init(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        switch FrameType(rawValue: frame.type) {
        case .hello: self = .hello(try Hello(frame, &reader))
        case .begun: self = .begun(frame.subject, try reader.record())
        case .done: self = .done(frame.subject, try reader.record())
        case .requestFailed:
            self = .failed(frame.subject, errno: try reader.integer(), detail: try reader.string())
        default: throw WireError("worker reply of type \(frame.type)")
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ record: FileInformation?) {
        write(record != nil)
        record?.write(to: &self)
    }
}

extension ByteReader {
    fileprivate mutating func record() throws(WireError) -> FileInformation? {
        try boolean() ? try FileInformation(&self) : nil
    }
}
