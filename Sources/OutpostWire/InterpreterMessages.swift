// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What an interpreter that waits gets: its program, in one frame of any size, since it is trusted.
public struct InterpreterJob: Hashable, Sendable {
    /// Those that were not known when the interpreter started.
    public var arguments: [String]
    /// `K=V`; all of them.
    public var environment: [String]
    /// What it does before its program, packed for its part in C.
    public var steps: [UInt8]

    public init(arguments: [String], environment: [String], steps: [UInt8]) {
        self.arguments = arguments
        self.environment = environment
        self.steps = steps
    }

    public var frame: Frame {
        Frame(.job) { writer in
            writer.write(arguments)
            writer.write(environment)
            writer.write(steps)
        }
    }
}

/// What such an interpreter says.
public enum InterpreterAnswer: Hashable, Sendable {
    /// It waits for its program.
    case waiting
    /// The step of this position failed, and the interpreter has ended.
    case refused(step: UInt32, errno: Int32)

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
