// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the spawner answers.
public enum SpawnerReply: Hashable, Sendable {
    case done
    /// To `launch` and `fork`: a sandbox is there, and this process of the host is the first in it. The pipe that reports a
    /// failed set-up comes as a descriptor; for `fork` the memory alarm behind it, where there is one.
    case launched(process: Int32)
    /// To `prepare`: the cgroup.procs descriptors of the cgroup come as descriptors, with the mounts by which the run sees it, and, where
    /// there is one, the memory alarm behind them.
    case prepared(cgroupProcs: UInt8, hasAlarm: Bool)
    case used(RunUsage)
    /// What a run has used of the processor so far, and for how long it was kept from it.
    case metered(RunMeter)
    case failed(operation: String, errno: Int32)
}

/// A run's processor time while it runs.
public struct RunMeter: Hashable, Sendable {
    public var cpuMicroseconds: UInt64
    /// How long it wanted to compute and was not on a core, 0 where the kernel does not tell; nil when nobody asked.
    public var stallMicroseconds: UInt64?

    public init(cpuMicroseconds: UInt64, stallMicroseconds: UInt64? = nil) {
        self.cpuMicroseconds = cpuMicroseconds
        self.stallMicroseconds = stallMicroseconds
    }
}

/// What a run used, as the kernel counted it.
public struct RunUsage: Hashable, Sendable {
    public var cpuMicroseconds: UInt64
    /// Files in memory included.
    public var memoryPeakBytes: UInt64
    /// Files in memory when it was over.
    public var fileBytes: UInt64
    public var memoryKills: UInt64
    public var processRefusals: UInt64
    /// Left on the sandbox's file system; nil when the sandbox was gone before it could be asked.
    public var freeBytes: UInt64?
    public var freeFiles: UInt64?

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
    /// The number of the reply that no request asked for: a spawner has started and waits for its configuration.
    public static let greeting: UInt64 = 0

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
            // No file system has this much left, so it can stand for "not known".
            writer.write(usage.freeBytes ?? .max)
            writer.write(usage.freeFiles ?? .max)
        case .metered(let meter):
            writer.write(UInt8(5))
            writer.write(meter.cpuMicroseconds)
            // No run waits for this long, so it can stand for "not asked".
            writer.write(meter.stallMicroseconds ?? .max)
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
            reply = .metered(RunMeter(cpuMicroseconds: used, stallMicroseconds: stall == .max ? nil : stall))
        case 6: reply = .launched(process: try reader.integer())
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
