// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What an interpreter that waits gets: its program, in one frame of any size, since it is trusted.
public struct InterpreterJob: Hashable, Sendable {
    /// Those that were not known when the interpreter started.
    public var arguments: [String]
    /// `K=V`; all of them.
    public var environment: [String]
    /// Where the platform keeps what it writes for the run, if it writes anything.
    public var folder: RunFolder?
    public var files: [SandboxFile]

    public init(arguments: [String], environment: [String], folder: RunFolder?, files: [SandboxFile]) {
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.files = files
    }

    public var frame: Frame {
        Frame(.job) { writer in
            writer.write(arguments)
            writer.write(environment)
            writer.write(folder.map { [$0.root, $0.workingDirectory] } ?? [])
            writer.write(UInt32(files.count))
            for file in files {
                writer.write(file.path)
                writer.write(file.content)
                writer.write(file.mode)
            }
        }
    }
}

/// What such an interpreter says.
public enum InterpreterAnswer: Hashable, Sendable {
    /// It waits for its program.
    case waiting
    /// The file of this position could not be written. No position is meant by 2³¹ - 1.
    case refused(position: UInt32, errno: Int32)

    public var frame: Frame {
        switch self {
        case .waiting: Frame(.waiting)
        case .refused(let position, let errno):
            Frame(.jobRefused) { writer in
                writer.write(position)
                writer.write(errno)
            }
        }
    }

    public init(_ frame: Frame) throws(WireError) {
        var reader = ByteReader(frame.payload[...])
        try frame.requireNoSubject()
        switch FrameType(rawValue: frame.type) {
        case .waiting: self = .waiting
        case .jobRefused: self = .refused(position: try reader.integer(), errno: try reader.integer())
        default: throw WireError("answer of type \(frame.type)")
        }
        try reader.finish()
    }
}
