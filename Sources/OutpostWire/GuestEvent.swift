// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the agent in a sandbox reports. The host believes it only what concerns the sandbox itself.
public enum GuestEvent: Hashable, Sendable {
    /// Where starting a program failed.
    public enum Stage: UInt8, Sendable {
        /// Writing the staged file of this position.
        case file = 1
        /// Entering the working directory.
        case directory = 2
        /// Executing the program.
        case execute = 3
        /// Anything else: not the user's doing.
        case setup = 4
    }

    /// The program could not be started.
    case refused(run: UInt32, stage: Stage, position: UInt32, errno: Int32, detail: String)
    /// The program ended by itself, with an exit code.
    case exited(run: UInt32, code: Int32)
    /// A signal ended the program.
    case signalled(run: UInt32, signal: Int32)
}

extension GuestEvent {
    public var run: UInt32 {
        switch self {
        case .refused(let run, _, _, _, _), .exited(let run, _), .signalled(let run, _): run
        }
    }

    public var frame: Frame {
        var writer = ByteWriter()
        writer.write(run)
        switch self {
        case .refused(_, let stage, let position, let errno, let detail):
            writer.write(stage.rawValue)
            writer.write(position)
            writer.write(errno)
            writer.write(detail)
            return Frame(type: 1, payload: writer.bytes)
        case .exited(_, let code):
            writer.write(code)
            return Frame(type: 2, payload: writer.bytes)
        case .signalled(_, let signal):
            writer.write(signal)
            return Frame(type: 3, payload: writer.bytes)
        }
    }

    public init(_ frame: Frame) throws(WireError) {
        var reader = ByteReader(frame.payload[...])
        let run = try reader.integer(UInt32.self)
        switch frame.type {
        case 1:
            guard let stage = Stage(rawValue: try reader.integer()) else { throw WireError("stage") }
            self = .refused(
                run: run, stage: stage, position: try reader.integer(), errno: try reader.integer(),
                detail: try reader.string())
        case 2:
            let code = try reader.integer(Int32.self)
            guard (0...255).contains(code) else { throw WireError("exit code \(code)") }
            self = .exited(run: run, code: code)
        case 3:
            let signal = try reader.integer(Int32.self)
            guard (1...64).contains(signal) else { throw WireError("signal \(signal)") }
            self = .signalled(run: run, signal: signal)
        default: throw WireError("event of type \(frame.type)")
        }
        try reader.finish()
    }
}
