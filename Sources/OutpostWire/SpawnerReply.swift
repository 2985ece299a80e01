// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// An answer of the spawner.
public enum SpawnerReply: Hashable, Sendable {
    /// The request is done.
    case done
    /// Answers `launch` and `fork`: the sandbox is up, and its first process has this id on the host. The descriptors are the
    /// pipe that reports a failed set-up, and for `fork` the memory alarm if there is one.
    case launched(process: Int32)
    /// Answers `prepare`. The descriptors are the cgroup.procs descriptors and the mounts of the cgroup view, counted by
    /// `cgroupProcs`, and the memory alarm if there is one.
    case prepared(cgroupProcs: UInt8, hasAlarm: Bool)
    /// Answers `finish` and `abandon`: the usage of the run.
    case used(RunUsage)
    /// Answers `meter`: what the run has used so far.
    case metered(RunMeter)
    /// Answers `gauge`: what the runs of the sandbox have used and use now.
    case gauged(SandboxGauge)
    /// The request failed. `operation` is a verb that completes "cannot …".
    case failed(operation: String, errno: Int32)
}

/// What a run has used so far.
public struct RunMeter: Hashable, Sendable {
    /// User and system time.
    public var cpuMicroseconds: UInt64
    /// The time in which the run waited for CPU time, 0 if the kernel does not count it; nil if it was not requested.
    public var stallMicroseconds: UInt64?
    /// The peak of the memory without files; nil if it was not requested.
    public var memoryPeakBytes: UInt64?

    /// A measurement with these values.
    public init(cpuMicroseconds: UInt64, stallMicroseconds: UInt64? = nil, memoryPeakBytes: UInt64? = nil) {
        self.cpuMicroseconds = cpuMicroseconds
        self.stallMicroseconds = stallMicroseconds
        self.memoryPeakBytes = memoryPeakBytes
    }
}

/// What the runs of a sandbox have used since its start, and what they use now.
public struct SandboxGauge: Hashable, Sendable {
    /// User and system time.
    public var cpuMicroseconds: UInt64
    /// The time in which runs had used up their CPU quota and waited for the next period.
    public var throttledMicroseconds: UInt64
    /// The memory that is charged to the sandbox now, with its agent and the files in memory.
    public var memoryBytes: UInt64
    /// The largest peak of a run.
    public var memoryPeakBytes: UInt64
    /// The processes and threads of the runs now.
    public var processes: UInt64
    /// The bytes that are used on the sandbox's file system.
    public var diskUsedBytes: UInt64
    /// The inodes that are used on the sandbox's file system.
    public var diskUsedFiles: UInt64

    /// A gauge with these values.
    public init(
        cpuMicroseconds: UInt64, throttledMicroseconds: UInt64, memoryBytes: UInt64, memoryPeakBytes: UInt64,
        processes: UInt64, diskUsedBytes: UInt64, diskUsedFiles: UInt64
    ) {
        self.cpuMicroseconds = cpuMicroseconds
        self.throttledMicroseconds = throttledMicroseconds
        self.memoryBytes = memoryBytes
        self.memoryPeakBytes = memoryPeakBytes
        self.processes = processes
        self.diskUsedBytes = diskUsedBytes
        self.diskUsedFiles = diskUsedFiles
    }
}

extension SandboxGauge {
    fileprivate func write(to writer: inout ByteWriter) {
        for value in [
            cpuMicroseconds, throttledMicroseconds, memoryBytes, memoryPeakBytes, processes, diskUsedBytes,
            diskUsedFiles,
        ] { writer.write(value) }
    }

    fileprivate init(_ reader: inout ByteReader) throws(WireError) {
        self.init(
            cpuMicroseconds: try reader.integer(), throttledMicroseconds: try reader.integer(),
            memoryBytes: try reader.integer(), memoryPeakBytes: try reader.integer(), processes: try reader.integer(),
            diskUsedBytes: try reader.integer(), diskUsedFiles: try reader.integer())
    }
}

/// The resources that a run used, from the kernel's counters.
public struct RunUsage: Hashable, Sendable {
    /// User and system time.
    public var cpuMicroseconds: UInt64
    /// The peak of the memory use, including files in memory.
    public var memoryPeakBytes: UInt64
    /// The size of files in memory at the end of the run.
    public var fileBytes: UInt64
    /// The number of processes that were killed at the memory limit.
    public var memoryKills: UInt64
    /// The number of clones that were refused at the process limit.
    public var processRefusals: UInt64
    /// The free bytes of the sandbox's file systems at the end; nil when the sandbox had ended before.
    public var freeBytes: UInt64?
    /// The free inodes of the sandbox's file systems at the end; nil when the sandbox had ended before.
    public var freeFiles: UInt64?

    /// A usage with these values.
    public init(
        cpuMicroseconds: UInt64, memoryPeakBytes: UInt64, fileBytes: UInt64 = 0, memoryKills: UInt64,
        processRefusals: UInt64, freeBytes: UInt64?, freeFiles: UInt64?
    ) {
        self.cpuMicroseconds = cpuMicroseconds
        self.memoryPeakBytes = memoryPeakBytes
        self.fileBytes = fileBytes
        self.memoryKills = memoryKills
        self.processRefusals = processRefusals
        self.freeBytes = freeBytes
        self.freeFiles = freeFiles
    }
}

extension SpawnerReply {
    /// The id of the reply that a new spawner sends without a request: it waits for its configuration.
    public static let greeting: UInt64 = 0

    /// The bytes of the reply to the request `id`.
    public func encoded(id: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(id)
        switch self {
        case .done: writer.write(UInt8(1))
        case .prepared(let cgroupProcs, let hasAlarm):
            writer.write(UInt8(2))
            writer.write(cgroupProcs)
            writer.write(hasAlarm)
        case .used(let usage):
            writer.write(UInt8(3))
            writer.write(usage.cpuMicroseconds)
            writer.write(usage.memoryPeakBytes)
            writer.write(usage.fileBytes)
            writer.write(usage.memoryKills)
            writer.write(usage.processRefusals)
            // The largest number means "not known". No file system has that much.
            writer.write(usage.freeBytes ?? .max)
            writer.write(usage.freeFiles ?? .max)
        case .metered(let meter):
            writer.write(UInt8(5))
            writer.write(meter.cpuMicroseconds)
            // The largest number means "not requested". No run waits that long.
            writer.write(meter.stallMicroseconds ?? .max)
            writer.write(meter.memoryPeakBytes ?? .max)
        case .gauged(let gauge):
            writer.write(UInt8(7))
            gauge.write(to: &writer)
        case .failed(let operation, let errno):
            writer.write(UInt8(4))
            writer.write(operation)
            writer.write(errno)
        case .launched(let process):
            writer.write(UInt8(6))
            writer.write(process)
        }
        return writer.bytes
    }

    /// Reads a reply and the id of its request.
    ///
    /// - Throws: `WireError` for bytes that are no valid reply.
    public static func decode(_ bytes: [UInt8]) throws(WireError) -> (id: UInt64, reply: SpawnerReply) {
        var reader = ByteReader(bytes[...])
        let id = try reader.integer(UInt64.self)
        let reply: SpawnerReply
        switch try reader.integer(UInt8.self) {
        case 1: reply = .done
        case 2: reply = .prepared(cgroupProcs: try reader.integer(), hasAlarm: try reader.boolean())
        case 3: reply = .used(try RunUsage(&reader))
        case 4: reply = .failed(operation: try reader.string(), errno: try reader.integer())
        case 5:
            let used = try reader.integer(UInt64.self)
            let stall = try reader.integer(UInt64.self)
            let peak = try reader.integer(UInt64.self)
            reply = .metered(
                RunMeter(
                    cpuMicroseconds: used, stallMicroseconds: stall == .max ? nil : stall,
                    memoryPeakBytes: peak == .max ? nil : peak))
        case 6: reply = .launched(process: try reader.integer())
        case 7: reply = .gauged(try SandboxGauge(&reader))
        case let type: throw WireError("reply of type \(type)")
        }
        try reader.finish()
        return (id, reply)
    }
}

extension RunUsage {
    init(_ reader: inout ByteReader) throws(WireError) {
        cpuMicroseconds = try reader.integer()
        memoryPeakBytes = try reader.integer()
        fileBytes = try reader.integer()
        memoryKills = try reader.integer()
        processRefusals = try reader.integer()
        let bytes = try reader.integer(UInt64.self)
        let files = try reader.integer(UInt64.self)
        freeBytes = bytes == .max ? nil : bytes
        freeFiles = files == .max ? nil : files
    }
}
