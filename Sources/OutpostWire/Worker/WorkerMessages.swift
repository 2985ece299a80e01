// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A message from the host to the worker of a sandbox. The host numbers its requests and uses each number once.
public enum WorkerRequest: Hashable, Sendable {
    /// The host's version and features.
    case hello(Hello)
    /// Begins the request of this number.
    case begin(UInt32, WorkerOperation)
    /// A message about the stream of a request.
    case stream(UInt32, StreamMessage)
}

extension WorkerRequest {
    /// The hello, if this message is one.
    public var hello: Hello? { if case .hello(let hello) = self { hello } else { nil } }

    /// The frame of this message.
    public var frame: Frame {
        switch self {
        case .hello(let hello): hello.frame
        case .begin(let request, let operation): operation.frame(request)
        case .stream(let request, let message): message.frame(request)
        }
    }

    /// Reads the message of a frame.
    ///
    /// - Throws: `WireError` for a frame that is no valid request.
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

/// A message from the worker of a sandbox. The host trusts it only about that sandbox.
public enum WorkerReply: Hashable, Sendable {
    /// The worker's version and features.
    case hello(Hello)
    /// The request has a stream now. For a file to read it has the file's information.
    case begun(UInt32, FileInformation?)
    /// The request is done. For a request about a file that exists now it has the file's information.
    case done(UInt32, FileInformation?)
    /// The request failed. `detail` is the path or port.
    case failed(UInt32, errno: Int32, detail: String)
    /// A message about the stream of a request.
    case stream(UInt32, StreamMessage)
}

extension WorkerReply {
    /// The hello, if this message is one.
    public var hello: Hello? { if case .hello(let hello) = self { hello } else { nil } }

    /// The frame of this message.
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

    /// Reads the message of a frame.
    ///
    /// - Throws: `WireError` for a frame that is no valid reply.
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
