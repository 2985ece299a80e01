// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The limits of one run.
public struct RunLimits: Hashable, Sendable {
    /// Bytes of memory.
    public var memoryBytes: UInt64
    /// Microseconds of CPU time in each period of 100 ms.
    public var cpuQuotaMicroseconds: UInt32
    /// Processes and threads.
    public var processes: UInt32

    /// Limits with these values.
    public init(memoryBytes: UInt64, cpuQuotaMicroseconds: UInt32, processes: UInt32) {
        self.memoryBytes = memoryBytes
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.processes = processes
    }
}

/// The weight and the limits of all sandboxes of one tenant together. A nil limit means none for the tenant.
public struct TenantShare: Hashable, Sendable {
    /// The share of CPU time, relative to the weights of other tenants: 1 to 10,000, usually 100.
    public var weight: UInt32
    /// Bytes of memory.
    public var memoryBytes: UInt64?
    /// Microseconds of CPU time in each period of 100 ms.
    public var cpuQuotaMicroseconds: UInt32?
    /// Processes and threads.
    public var processes: UInt32?

    /// A share with these values.
    public init(
        weight: UInt32 = 100, memoryBytes: UInt64? = nil, cpuQuotaMicroseconds: UInt32? = nil, processes: UInt32? = nil
    ) {
        self.weight = weight
        self.memoryBytes = memoryBytes
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.processes = processes
    }
}

extension RunLimits {
    func write(to writer: inout ByteWriter) {
        writer.write(memoryBytes)
        writer.write(cpuQuotaMicroseconds)
        writer.write(processes)
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        memoryBytes = try reader.integer()
        cpuQuotaMicroseconds = try reader.integer()
        processes = try reader.integer()
    }
}

extension TenantShare {
    // The largest number means "no limit". No host has that much.
    func write(to writer: inout ByteWriter) {
        writer.write(weight)
        writer.write(memoryBytes ?? .max)
        writer.write(cpuQuotaMicroseconds ?? .max)
        writer.write(processes ?? .max)
    }

    init(_ reader: inout ByteReader) throws(WireError) {
        weight = try reader.integer()
        let memory = try reader.integer(UInt64.self)
        let quota = try reader.integer(UInt32.self)
        let processes = try reader.integer(UInt32.self)
        memoryBytes = memory == .max ? nil : memory
        cpuQuotaMicroseconds = quota == .max ? nil : quota
        self.processes = processes == .max ? nil : processes
    }
}
