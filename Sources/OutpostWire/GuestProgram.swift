// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A program for the agent to start.
///
/// Its descriptors come with the message, in this order:
/// 1. stdin, stdout and stderr, unless the streams go in frames;
/// 2. the cgroup.procs descriptors of its cgroup, one for each hierarchy;
/// 3. the mounts of its cgroup view;
/// 4. one source for each of `copies`;
/// 5. its channels.
public struct GuestProgram: Hashable, Sendable {
    /// The limit of open files of each program and of the agent. Without CAP_SYS_RESOURCE a process cannot give a child a
    /// higher limit than its own (setrlimit(2)), so the server needs at least this limit.
    public static let openFiles: UInt64 = 4096

    /// The limit of core dumps, in bytes. With a limit of 0 the kernel writes no file, but if `kernel.core_pattern` names a
    /// program, the kernel still runs that program, as the host's root, in no cgroup, and with the dead process's memory as
    /// input. It does not run it only with a limit of 1 (fs/coredump.c; core(5), "Piping core dumps to a program").
    public static let coreBytes: UInt64 = 1

    /// A resource limit (setrlimit(2)). The largest number means no limit.
    public struct Limit: Hashable, Sendable {
        /// The number of the resource, a `ResourceLimit`.
        public let resource: Int32
        /// The limit that applies.
        public let soft: UInt64
        /// The limit up to which the program can raise `soft`.
        public let hard: UInt64

        /// A limit with these values.
        public init(resource: Int32, soft: UInt64, hard: UInt64) {
            self.resource = resource
            self.soft = soft
            self.hard = hard
        }
    }

    /// The events that the agent sends only on request.
    public struct Reports: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// `started`, after the exec.
        public static let start = Reports(rawValue: 1 << 0)
        /// `used`, before the event of the program's end.
        public static let usage = Reports(rawValue: 1 << 1)
    }

    /// A file that is written before the program starts, with a part of an open file as content.
    public struct Copy: Hashable, Sendable {
        /// The absolute path of the new file.
        public let path: String
        /// The permission bits of the new file.
        public let mode: UInt32
        /// The first byte of the part.
        public let offset: UInt64
        /// The size of the part, in bytes.
        public let size: UInt64

        /// A file with these values.
        public init(path: String, mode: UInt32, offset: UInt64, size: UInt64) {
            self.path = path
            self.mode = mode
            self.offset = offset
            self.size = size
        }
    }

    /// The kind of process.
    public enum Task: UInt8, Sendable {
        /// The client's program in `arguments`.
        case program = 0
        /// A worker: the agent's image, which does `WorkerOperation`s for the host over its standard streams.
        case worker = 1
    }

    /// The number of the process in the protocol. The host uses each number once in the life of a sandbox.
    public var process: UInt32
    /// The kind of process.
    public var task = Task.program
    /// How the standard streams are connected.
    public var streams = ProcessStreams.attached
    /// The events that the host requests, in addition to the program's end.
    public var reports: Reports = []
    /// The number of descriptors that come with the message.
    public var descriptors: UInt8
    /// The user id in the sandbox.
    public var uid: UInt32
    /// The group id in the sandbox.
    public var gid: UInt32
    /// The arguments; the first one is the program.
    public var arguments: [String]
    /// The variables, as `K=V`.
    public var environment: [String]
    /// The absolute path of the working directory.
    public var directory: String
    /// The resource limits.
    public var limits: [Limit]
    /// The seccomp filters, as BPF programs. The kernel applies the strictest result of all filters.
    public var filters: [[UInt8]]
    /// The number of channels to the server. The program gets their descriptors from number 3 on.
    public var channels: UInt8
    /// The files that are copied before the start.
    public var copies: [Copy]
    /// The processors that the program runs on; an empty set means all.
    public var processors: ProcessorSet
    /// The folder for files that the platform writes for the run; nil without any.
    public var folder: RunFolder?

    /// A program with these values and attached streams.
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
    /// The run folder to remove after the program's end; nil if none must be removed.
    ///
    /// - Parameter hasFailed: whether the program could not be started.
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

    /// The number of words is one byte, which is enough: a kernel has at most 8,192 processors (`NR_CPUS`).
    init(_ reader: inout ByteReader) throws(WireError) {
        var words: [UInt64] = []
        for _ in 0..<(try reader.integer(UInt8.self)) { words.append(try reader.integer()) }
        guard words.last != 0 else { throw WireError("processors end in nothing") }
        self.init(words: words)
    }
}
