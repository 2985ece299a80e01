// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What one run may use.
public struct RunLimits: Hashable, Sendable {
    public var memoryBytes: UInt64
    /// Microseconds of processor time in each period of 100 ms.
    public var cpuQuotaMicroseconds: UInt32
    public var processes: UInt32

    public init(memoryBytes: UInt64, cpuQuotaMicroseconds: UInt32, processes: UInt32) {
        self.memoryBytes = memoryBytes
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.processes = processes
    }
}

/// What all sandboxes of one tenant may use together.
public struct TenantShare: Hashable, Sendable {
    /// Of the processor, in proportion to the weights of the tenants that want it too: 1 to 10,000, usually 100.
    public var weight: UInt32
    /// The most of each resource; nil where only the sandboxes' own limits and the host's end bound it.
    public var memoryBytes: UInt64?
    /// Microseconds of processor time in each period of 100 ms.
    public var cpuQuotaMicroseconds: UInt32?
    public var processes: UInt32?

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
    // No host has as much as the largest number, so it stands for "not bounded".
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
