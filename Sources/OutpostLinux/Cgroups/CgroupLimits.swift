// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What one run's cgroup allows.
public struct CgroupLimits: Hashable, Sendable {
    public var memoryBytes: Int
    /// Microseconds of CPU time in each period of 100 ms.
    public var cpuQuotaMicroseconds: Int
    public var processes: Int

    public static let cpuPeriodMicroseconds = 100_000

    public init(memoryBytes: Int, cpuQuotaMicroseconds: Int, processes: Int) {
        self.memoryBytes = memoryBytes
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.processes = processes
    }
}

extension CgroupTree {
    /// Makes the cgroup of a run with its limits, each checked by reading it back.
    ///
    /// - Throws: `SystemError`; what was made of the cgroup is removed again.
    public func create(_ name: String, limits: CgroupLimits) throws(SystemError) {
        do throws(SystemError) {
            for mount in layout.hierarchies { try files.makeDirectory(path(mount, name)) }
            try limit(name, to: limits)
        } catch {
            // Nothing can be in it yet, so its removal can only fail for the reason that is being thrown.
            try? remove(name)
            throw error
        }
    }

    /// Gives a cgroup that exists these limits, each checked by reading it back.
    ///
    /// - Throws: `SystemError`; EBUSY when it uses more memory than that and cannot give it back (version 1). Some of the
    ///   limits may hold then.
    public func limit(_ name: String, to limits: CgroupLimits) throws(SystemError) {
        try limitMemory(name, limits.memoryBytes)
        try limitCPU(name, limits.cpuQuotaMicroseconds)
        try set(.pids, name, "pids.max", String(limits.processes))
    }

    func directory(_ controller: CgroupController, _ name: String) -> String {
        let mount = layout.isUnified(controller) ? layout.unified : layout.legacy[controller.rawValue]
        return path(mount ?? "", name)
    }

    private func set(
        _ controller: CgroupController, _ name: String, _ file: String, _ value: String
    ) throws(SystemError) {
        let path = "\(directory(controller, name))/\(file)"
        try files.write(path, value)
        let effective = try files.read(path).split(separator: "\n").first ?? ""
        if effective != value { throw SystemError("set \(value) as limit, kept \(effective)", path: path, number: 34) }
    }

    private func limitMemory(_ name: String, _ bytes: Int) throws(SystemError) {
        let directory = directory(.memory, name)
        // The kernel rounds down to pages, so only a whole number of them reads back as it was written.
        let value = String(max(1, bytes / 4096) * 4096)
        if layout.isUnified(.memory) {
            try set(.memory, name, "memory.max", value)
            try files.write("\(directory)/memory.oom.group", "1")
            if files.exists("\(directory)/memory.swap.max") { try set(.memory, name, "memory.swap.max", "0") }
        } else {
            // The second is missing where swap is not accounted; no swapping is then asked for instead.
            let both = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"].filter {
                files.exists("\(directory)/\($0)")
            }
            do throws(SystemError) {
                for file in both { try set(.memory, name, file, value) }
            } catch {
                // The second may never be below the first, so it comes first when more is allowed than before.
                guard error.number == SystemError.invalid else { throw error }
                for file in both.reversed() { try set(.memory, name, file, value) }
            }
            try files.write("\(directory)/memory.swappiness", "0")
            try limitSockets(name, bytes, directory)
        }
    }

    /// Version 1 charges what lies in sockets' buffers to a count of its own, and only where that has a limit when a socket is
    /// made (mm/memcontrol-v1.c, `memcg_update_tcp_max`); version 2 charges it as memory. A quarter on top keeps a run near
    /// its limit, and the least is what a few connections at full speed take.
    private func limitSockets(_ name: String, _ bytes: Int, _ directory: String) throws(SystemError) {
        let file = "memory.kmem.tcp.limit_in_bytes"
        guard files.exists("\(directory)/\(file)") else { return }
        try set(.memory, name, file, String(max(4 << 20, bytes / 4) / 4096 * 4096))
    }

    private func limitCPU(_ name: String, _ quota: Int) throws(SystemError) {
        let period = CgroupLimits.cpuPeriodMicroseconds
        if layout.isUnified(.cpu) {
            try set(.cpu, name, "cpu.max", "\(quota) \(period)")
        } else {
            try set(.cpu, name, "cpu.cfs_quota_us", String(quota))
        }
    }

    /// Takes the CPU quota away from processes that are about to be killed: what is left for them to do is to exit, and
    /// a thousand of them would wait for each other's turn. A cgroup that is gone is fine.
    public func liftCPULimit(_ name: String) throws(SystemError) {
        let (file, value) = layout.isUnified(.cpu) ? ("cpu.max", "max") : ("cpu.cfs_quota_us", "-1")
        do throws(SystemError) {
            try files.write("\(directory(.cpu, name))/\(file)", value)
        } catch {
            if error.number != SystemError.notFound && error.number != SystemError.noDevice { throw error }
        }
    }

    /// One descriptor for each hierarchy; a process that writes `0` to it joins the cgroup. The kernel checks who opened
    /// it, so the guest agent needs no right of its own (cgroup_procs_write_permission, Linux 5.16).
    public func cgroupProcs(_ name: String) throws(SystemError) -> [Descriptor] {
        var result: [Descriptor] = []
        for mount in layout.hierarchies {
            result.append(try files.open("\(path(mount, name))/cgroup.procs", .writeOnly))
        }
        return result
    }
}
