// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The program for a warm interpreter, in one frame. The interpreter trusts the server, so the frame has no size limit.
public struct InterpreterJob: Hashable, Sendable {
    /// The arguments that were not known when the interpreter started.
    public var arguments: [String]
    /// All variables, as `K=V`.
    public var environment: [String]
    /// The steps before the program, as `PackedSteps` encodes them.
    public var steps: [UInt8]

    /// A program with these values.
    public init(arguments: [String], environment: [String], steps: [UInt8]) {
        self.arguments = arguments
        self.environment = environment
        self.steps = steps
    }

    /// The frame of this message.
    public var frame: Frame {
        Frame(.job) { writer in
            writer.write(arguments)
            writer.write(environment)
            writer.write(steps)
        }
    }
}

/// A message from a warm interpreter.
public enum InterpreterAnswer: Hashable, Sendable {
    /// The interpreter waits for its program.
    case waiting
    /// The step of this index failed, and the interpreter has ended.
    case refused(step: UInt32, errno: Int32)

    /// The frame of this message.
    public var frame: Frame {
        switch self {
        case .waiting: Frame(.waiting)
        case .refused(let step, let errno):
            Frame(.jobRefused) { writer in
                writer.write(step)
                writer.write(errno)
            }
        }
    }

    /// Reads the message of a frame.
    ///
    /// - Throws: `WireError` for a frame that is no valid answer.
    public init(_ frame: Frame) throws(WireError) {
        var reader = ByteReader(frame.payload[...])
        try frame.requireNoSubject()
        switch FrameType(rawValue: frame.type) {
        case .waiting: self = .waiting
        case .jobRefused: self = .refused(step: try reader.integer(), errno: try reader.integer())
        default: throw WireError("answer of type \(frame.type)")
        }
        try reader.finish()
    }
}
