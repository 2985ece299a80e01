// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the host asks of the worker of a sandbox, which does it as the sandbox's user. Paths are absolute. A window is how
/// many bytes the worker may send before it gets credit.
public enum WorkerOperation: Hashable, Sendable {
    /// How a file is written.
    public struct WriteOptions: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Makes the folders above it.
        public static let parents = WriteOptions(rawValue: 1 << 0)
        /// Fails when something is there.
        public static let isNew = WriteOptions(rawValue: 1 << 1)
    }

    /// Sends a part of a file.
    case read(path: String, offset: UInt64, length: UInt64, window: UInt32)
    /// Puts the bytes that follow in the place of a file. Mode `keptMode` keeps the mode of what was there.
    case write(path: String, mode: UInt32, WriteOptions)
    /// Tells what is there.
    case status(path: String, followsLink: Bool)
    /// Sends the entries of a folder, as `FolderEntry` items, and of those below it so many levels down.
    case list(path: String, depth: UInt16, window: UInt32)
    case makeFolder(path: String, mode: UInt32, makesParents: Bool)
    case move(from: String, to: String)
    case remove(path: String, isRecursive: Bool)
    /// Sends what changes in a folder, as `FolderChange` items.
    case watch(path: String, isRecursive: Bool, window: UInt32)
    /// Connects to a port of the sandbox's loopback device, and carries bytes in both directions.
    case connect(port: UInt16, window: UInt32)

    /// Stands for no mode of its own: the mode of the file that was there, or 0644 less the umask.
    public static let keptMode = UInt32.max

    /// Bytes that the worker takes of what is written before it gives credit.
    public static let inputWindow: UInt32 = 262_144

    /// Levels of folders that a list has at the most.
    public static let deepest: UInt16 = 256
}

extension WorkerOperation {
    func frame(_ request: UInt32) -> Frame {
        switch self {
        case .read(let path, let offset, let length, let window):
            Frame(.read, request) { writer in
                writer.write(path)
                writer.write(offset)
                writer.write(length)
                writer.write(window)
            }
        case .write(let path, let mode, let options):
            Frame(.write, request) { writer in
                writer.write(path)
                writer.write(mode)
                writer.write(options.rawValue)
            }
        case .status(let path, let followsLink): Frame(.status, request) { $0.write(path, followsLink) }
        case .list(let path, let depth, let window):
            Frame(.list, request) { writer in
                writer.write(path)
                writer.write(depth)
                writer.write(window)
            }
        case .makeFolder(let path, let mode, let makesParents):
            Frame(.makeFolder, request) { writer in
                writer.write(path, makesParents)
                writer.write(mode)
            }
        case .move(let source, let target): Frame(.move, request) { $0.write(source, target) }
        case .remove(let path, let isRecursive): Frame(.remove, request) { $0.write(path, isRecursive) }
        case .watch(let path, let isRecursive, let window):
            Frame(.watch, request) { writer in
                writer.write(path, isRecursive)
                writer.write(window)
            }
        case .connect(let port, let window):
            Frame(.connect, request) { writer in
                writer.write(port)
                writer.write(window)
            }
        }
    }

    /// - Returns: nil when the frame is of another kind.
    init?(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        switch FrameType(rawValue: frame.type) {
        case .read:
            self = .read(
                path: try reader.string(), offset: try reader.integer(), length: try reader.integer(),
                window: try reader.integer())
        case .write:
            self = .write(
                path: try reader.string(), mode: try reader.integer(),
                WriteOptions(rawValue: try reader.integer()))
        case .status: self = .status(path: try reader.string(), followsLink: try reader.boolean())
        case .list:
            self = .list(path: try reader.string(), depth: try reader.integer(), window: try reader.integer())
        case .makeFolder:
            let (path, makesParents) = (try reader.string(), try reader.boolean())
            self = .makeFolder(path: path, mode: try reader.integer(), makesParents: makesParents)
        case .move: self = .move(from: try reader.string(), to: try reader.string())
        case .remove: self = .remove(path: try reader.string(), isRecursive: try reader.boolean())
        case .watch:
            self = .watch(path: try reader.string(), isRecursive: try reader.boolean(), window: try reader.integer())
        case .connect: self = .connect(port: try reader.integer(), window: try reader.integer())
        default: return nil
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ path: String, _ flag: Bool) {
        write(path)
        write(flag)
    }

    fileprivate mutating func write(_ first: String, _ second: String) {
        write(first)
        write(second)
    }
}
