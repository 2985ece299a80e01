// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The size of a terminal, in characters.
public struct TerminalSize: Hashable, Sendable {
    public var rows: UInt16
    public var columns: UInt16

    /// A size with these values.
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

/// How the standard streams of a process are connected with the host.
public enum ProcessStreams: Hashable, Sendable {
    /// By the first three descriptors that come with the request.
    case attached
    /// By streams in frames with these numbers. The agent can send `window` bytes of each output, and the host `inputWindow`
    /// bytes of the input, before they need credit for more.
    case framed(input: UInt32, output: UInt32, error: UInt32, window: UInt32)
    /// By a pseudo-terminal, which is one stream in frames in both directions.
    case terminal(stream: UInt32, window: UInt32, TerminalSize)

    /// The bytes of input that the agent buffers for a process.
    public static let inputWindow: UInt32 = 65_536
}

extension ProcessStreams {
    /// The number of the request's descriptors that are standard streams.
    public var attachedDescriptors: Int { if case .attached = self { 3 } else { 0 } }

    func write(to writer: inout ByteWriter) {
        switch self {
        case .attached: writer.write(UInt8(0))
        case .framed(let input, let output, let error, let window):
            writer.write(UInt8(1))
            for number in [input, output, error, window] { writer.write(number) }
        case .terminal(let stream, let window, let size):
            writer.write(UInt8(2))
            writer.write(stream)
            writer.write(window)
            size.write(to: &writer)
        }
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        switch try reader.integer(UInt8.self) {
        case 0: self = .attached
        case 1:
            self = .framed(
                input: try reader.integer(), output: try reader.integer(), error: try reader.integer(),
                window: try reader.integer())
        case 2:
            self = .terminal(
                stream: try reader.integer(), window: try reader.integer(), try TerminalSize(&reader))
        case let kind: throw WireError("streams of kind \(kind)")
        }
    }
}

extension TerminalSize {
    func write(to writer: inout ByteWriter) {
        writer.write(rows)
        writer.write(columns)
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        self.init(rows: try reader.integer(), columns: try reader.integer())
    }
}
