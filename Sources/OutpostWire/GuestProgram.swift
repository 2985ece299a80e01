// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A program for the agent to start. What is attached comes as descriptors with the message: stdin, stdout and stderr, unless
/// they go in frames, then the cgroup.procs descriptors of its cgroup, one for each hierarchy, then the mounts by which it sees its cgroup, then one for each
/// file that is copied, then those of a channel if there is one.
public struct GuestProgram: Hashable, Sendable {
    /// How many files a program, and the agent itself, may have open. Without CAP_SYS_RESOURCE a process gives others no
    /// more than it may have itself (setrlimit(2)), so the server needs as many.
    public static let openFiles: UInt64 = 4096

    /// The limit of core dumps, in bytes. With 0 no file is written, but where `kernel.core_pattern` names a program the
    /// kernel runs it all the same, as the host's root and in no cgroup, with the dead process's memory as its input; 1 is the
    /// one value with which it does not (fs/coredump.c; core(5), "Piping core dumps to a program").
    public static let coreBytes: UInt64 = 1

    /// A limit of setrlimit(2).
    public struct Limit: Hashable, Sendable {
        public let resource: Int32
        /// What holds, and how far the program may raise it; the largest number stands for no bound.
        public let soft: UInt64
        public let hard: UInt64

        public init(resource: Int32, soft: UInt64, hard: UInt64) {
            self.resource = resource
            self.soft = soft
            self.hard = hard
        }
    }

    /// Events that come only when they are asked for.
    public struct Reports: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `started`, when the program is executed.
        public static let start = Reports(rawValue: 1 << 0)
        /// `used`, before its end.
        public static let usage = Reports(rawValue: 1 << 1)
    }

    /// A file that is copied, before the program starts, from a part of one that is open.
    public struct Copy: Hashable, Sendable {
        public let path: String
        public let mode: UInt32
        /// Where the part begins, and its size, in bytes.
        public let offset: UInt64
        public let size: UInt64

        public init(path: String, mode: UInt32, offset: UInt64, size: UInt64) {
            self.path = path
            self.mode = mode
            self.offset = offset
            self.size = size
        }
    }

    /// What the process is.
    public enum Task: UInt8, Sendable {
        /// A program of the client's, which `arguments` name.
        case program = 0
        /// A worker: the agent's own image, which does `WorkerOperation`s for the host over its standard streams.
        case worker = 1
    }

    /// Names the process for as long as the sandbox lives; the host never uses a number twice.
    public var process: UInt32
    public var task = Task.program
    public var streams = ProcessStreams.attached
    /// What the host wants to hear of it besides its end.
    public var reports: Reports = []
    public var descriptors: UInt8
    public var uid: UInt32
    public var gid: UInt32
    public var arguments: [String]
    /// `K=V`.
    public var environment: [String]
    /// Absolute.
    public var directory: String
    public var limits: [Limit]
    /// BPF programs; the kernel takes the strictest of their verdicts.
    public var filters: [[UInt8]]
    /// How many of the last descriptors become the program's own from 3 on: what it is connected with the server by.
    public var channels: UInt8
    public var copies: [Copy]
    /// Those on which it runs; none for all.
    public var processors: ProcessorSet
    /// Where the platform keeps what it writes for the run, if it writes anything.
    public var folder: RunFolder?

    public init(
        process: UInt32, descriptors: UInt8, uid: UInt32, gid: UInt32, arguments: [String], environment: [String],
        directory: String, limits: [Limit], filters: [[UInt8]], channels: UInt8 = 0,
        copies: [Copy] = [], processors: ProcessorSet = ProcessorSet(), folder: RunFolder? = nil
    ) {
        self.process = process
        self.descriptors = descriptors
        self.uid = uid
        self.gid = gid
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.limits = limits
        self.filters = filters
        self.channels = channels
        self.copies = copies
        self.processors = processors
        self.folder = folder
    }
}

extension GuestProgram {
    /// What is to be removed when the program has ended, or could not be started.
    public func folderToRemove(hasFailed: Bool) -> RunFolder? {
        guard let folder else { return nil }
        let ends =
            folder.options.contains(.endsWithProgram) || hasFailed && folder.options.contains(.endsWithFailure)
        return ends ? folder : nil
    }
}

extension GuestProgram {
    func write(to writer: inout ByteWriter) {
        writer.write(task.rawValue)
        streams.write(to: &writer)
        writer.write(reports.rawValue)
        writer.write(descriptors)
        writer.write(uid)
        writer.write(gid)
        writer.write(arguments)
        writer.write(environment)
        writer.write(directory)
        writer.write(UInt32(limits.count))
        for limit in limits {
            writer.write(limit.resource)
            writer.write(limit.soft)
            writer.write(limit.hard)
        }
        writer.write(UInt8(filters.count))
        for filter in filters { writer.write(filter) }
        writer.write(channels)
        writer.write(UInt8(copies.count))
        for copy in copies {
            writer.write(copy.path)
            writer.write(copy.mode)
            writer.write(copy.offset)
            writer.write(copy.size)
        }
        processors.write(to: &writer)
        writer.write(folder?.root ?? "")
        guard let folder else { return }
        writer.write(folder.workingDirectory)
        writer.write(folder.options.rawValue)
    }

    init(_ process: UInt32, _ reader: inout ByteReader) throws(WireError) {
        self.process = process
        guard let task = Task(rawValue: try reader.integer()) else { throw WireError("task of a process") }
        self.task = task
        streams = try ProcessStreams(&reader)
        reports = Reports(rawValue: try reader.integer())
        descriptors = try reader.integer()
        uid = try reader.integer()
        gid = try reader.integer()
        arguments = try reader.strings()
        environment = try reader.strings()
        directory = try reader.string()
        limits = []
        for _ in 0..<(try reader.integer(UInt32.self)) {
            limits.append(
                Limit(resource: try reader.integer(), soft: try reader.integer(), hard: try reader.integer()))
        }
        filters = []
        for _ in 0..<(try reader.integer(UInt8.self)) { filters.append(try reader.byteArray()) }
        channels = try reader.integer()
        copies = []
        for _ in 0..<(try reader.integer(UInt8.self)) {
            copies.append(
                Copy(
                    path: try reader.string(), mode: try reader.integer(), offset: try reader.integer(),
                    size: try reader.integer()))
        }
        processors = try ProcessorSet(&reader)
        let root = try reader.string()
        guard !root.isEmpty else { return }
        folder = RunFolder(
            root: root, workingDirectory: try reader.string(),
            options: .init(rawValue: try reader.integer()))
    }
}

extension ProcessorSet {
    func write(to writer: inout ByteWriter) {
        writer.write(UInt8(truncatingIfNeeded: words.count))
        for word in words { writer.write(word) }
    }

    /// No kernel has processors beyond the words that fit (`NR_CPUS`, 8,192 at most).
    init(_ reader: inout ByteReader) throws(WireError) {
        var words: [UInt64] = []
        for _ in 0..<(try reader.integer(UInt8.self)) { words.append(try reader.integer()) }
        guard words.last != 0 else { throw WireError("processors end in nothing") }
        self.init(words: words)
    }
}
