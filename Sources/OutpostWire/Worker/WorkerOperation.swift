// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// An operation of a sandbox's worker. The worker does it with the rights of the sandbox's user. Paths are absolute.
/// `window` is the number of bytes that the worker can send before it needs credit.
public enum WorkerOperation: Hashable, Sendable {
    /// Options for writing a file.
    public struct WriteOptions: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Makes missing parent folders.
        public static let parents = WriteOptions(rawValue: 1 << 0)
        /// Fails if the path exists.
        public static let isNew = WriteOptions(rawValue: 1 << 1)
    }

    /// Sends a part of a file, in bytes. With a pipe of the host, the bytes of a file of at least `leastPiped` bytes go there, and
    /// the stream only tells their end.
    case read(path: String, offset: UInt64, length: UInt64, window: UInt32, hasPipe: Bool = false)
    /// Replaces a file with the bytes of the stream. The mode `keptMode` keeps the old file's mode. `modified` is the time of
    /// its last change in nanoseconds since 1970, or `currentTime`.
    case write(path: String, mode: UInt32, modified: Int64, WriteOptions)
    /// Returns the information of an entry.
    case status(path: String, followsLink: Bool)
    /// Sends the entries of a folder, and of folders `depth` levels below it, as `FolderEntry` items.
    case list(path: String, depth: UInt16, window: UInt32)
    /// Makes a folder.
    case makeFolder(path: String, mode: UInt32, makesParents: Bool)
    /// Moves an entry.
    case move(from: String, to: String)
    /// Removes an entry; a folder with entries only if `isRecursive` is true.
    case remove(path: String, isRecursive: Bool)
    /// Sends the changes in a folder as `FolderChange` items.
    case watch(path: String, isRecursive: Bool, window: UInt32)
    /// Connects to a port of the sandbox's loopback device and forwards bytes in both directions.
    case connect(port: UInt16, window: UInt32)
    /// Makes a symbolic link, or another name of the file `target` if `isHard` is true. The path must not exist.
    case makeLink(path: String, target: String, isHard: Bool)

    /// The mode that means "the old file's mode, or 0644 less the umask for a new file".
    public static let keptMode = UInt32.max

    /// The time that means "when the last byte was written".
    public static let currentTime = Int64.min

    /// The bytes of a written file that the host can send before it needs credit.
    public static let inputWindow: UInt32 = 262_144

    /// The size of the smallest file whose bytes go to the host's pipe.
    public static let leastPiped: UInt64 = 131_072

    /// The most levels of folders of one `list`.
    public static let deepest: UInt16 = 256
}

extension WorkerOperation {
    func frame(_ request: UInt32) -> Frame {
        switch self {
        case .read(let path, let offset, let length, let window, let hasPipe):
            Frame(.read, request) { writer in
                writer.write(path)
                writer.write(offset)
                writer.write(length)
                writer.write(window)
                writer.write(hasPipe)
            }
        case .write(let path, let mode, let modified, let options):
            Frame(.write, request) { writer in
                writer.write(path)
                writer.write(mode)
                writer.write(modified)
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
        case .makeLink(let path, let target, let isHard):
            Frame(.makeLink, request) { writer in
                writer.write(path, target)
                writer.write(isHard)
            }
        }
    }

    /// Reads an operation. Nil for another type of frame.
    init?(_ frame: Frame, _ reader: inout ByteReader) throws(WireError) {
        switch FrameType(rawValue: frame.type) {
        case .read:
            self = .read(
                path: try reader.string(), offset: try reader.integer(), length: try reader.integer(),
                window: try reader.integer(), hasPipe: try reader.boolean())
        case .write:
            self = .write(
                path: try reader.string(), mode: try reader.integer(), modified: try reader.integer(),
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
        case .makeLink:
            self = .makeLink(path: try reader.string(), target: try reader.string(), isHard: try reader.boolean())
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
