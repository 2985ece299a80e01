// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

/// The limits of one run's cgroup.
public struct CgroupLimits: Hashable, Sendable {
    /// Bytes of memory. The kernel rounds down to pages.
    public var memoryBytes: Int
    /// Microseconds of CPU time in each period of 100 ms.
    public var cpuQuotaMicroseconds: Int
    /// Processes and threads.
    public var processes: Int

    /// The length of a period of the CPU quota.
    public static let cpuPeriodMicroseconds = 100_000

    /// The limit of memory as the kernel keeps it: whole pages, at least one.
    var memoryInPages: Int { max(1, memoryBytes / 4096) * 4096 }

    /// Limits with these values.
    public init(memoryBytes: Int, cpuQuotaMicroseconds: Int, processes: Int) {
        self.memoryBytes = memoryBytes
        self.cpuQuotaMicroseconds = cpuQuotaMicroseconds
        self.processes = processes
    }
}

extension CgroupTree {
    /// Makes the cgroup of a run, sets its limits and reads each of them back.
    ///
    /// - Throws: `SystemError`. The cgroup is removed again.
    public func create(_ name: String, limits: CgroupLimits) throws(SystemError) {
        do throws(SystemError) {
            for mount in layout.hierarchies { try files.makeDirectory(path(mount, name)) }
            try limit(name, to: limits)
        } catch {
            // The cgroup is empty, so its removal fails at most for the reason that is thrown here.
            try? remove(name)
            throw error
        }
    }

    /// Sets the limits of an existing cgroup and reads each of them back.
    ///
    /// - Throws: `SystemError`: EBUSY (version 1) when the cgroup uses more memory than the new limit and the kernel cannot
    ///   reclaim it. Some of the limits can be set then.
    public func limit(_ name: String, to limits: CgroupLimits) throws(SystemError) {
        try limitMemory(name, limits.memoryInPages)
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
        let value = String(bytes)
        if layout.isUnified(.memory) {
            try set(.memory, name, "memory.max", value)
            try files.write("\(directory)/memory.oom.group", "1")
            if files.exists("\(directory)/memory.swap.max") { try set(.memory, name, "memory.swap.max", "0") }
        } else {
            // The second file is missing on a kernel without swap accounting. `memory.swappiness` below then avoids swap.
            let both = ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"].filter {
                files.exists("\(directory)/\($0)")
            }
            do throws(SystemError) {
                for file in both { try set(.memory, name, file, value) }
            } catch {
                // The second limit must never be below the first. A raise therefore sets the second one first.
                guard error.number == SystemError.invalid else { throw error }
                for file in both.reversed() { try set(.memory, name, file, value) }
            }
            try files.write("\(directory)/memory.swappiness", "0")
            try limitSockets(name, bytes, directory)
        }
    }

    /// Limits the memory of socket buffers with version 1. Version 1 has a separate counter for it, and charges only sockets
    /// made after that counter got a limit (mm/memcontrol-v1.c, `memcg_update_tcp_max`). Version 2 charges it as memory.
    /// The limit is a quarter of the memory limit, and at least 4 MiB, enough for a few connections at full speed.
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

    /// Removes the CPU quota of a cgroup that is about to be killed. Under the quota a thousand dying processes would wait
    /// for CPU time to exit. A missing cgroup is no error.
    public func liftCPULimit(_ name: String) throws(SystemError) {
        let (file, value) = layout.isUnified(.cpu) ? ("cpu.max", "max") : ("cpu.cfs_quota_us", "-1")
        do throws(SystemError) {
            try files.write("\(directory(.cpu, name))/\(file)", value)
        } catch {
            if !error.meansNoCgroup { throw error }
        }
    }

    /// Opens `cgroup.procs` in each hierarchy. A process that writes `0` to each descriptor joins the cgroup. The kernel
    /// checks the rights of the process that opened the file, so the agent needs none (`cgroup_procs_write_permission`, Linux
    /// 5.16).
    public func cgroupProcs(_ name: String) throws(SystemError) -> [Descriptor] {
        var result: [Descriptor] = []
        for mount in layout.hierarchies {
            result.append(try files.open("\(path(mount, name))/cgroup.procs", .writeOnly))
        }
        return result
    }

    /// Returns an eventfd that becomes readable when the kernel kills a process at the memory limit, so that the spawner can
    /// end the rest of the run. Nil with version 2, where `memory.oom.group` kills the whole cgroup.
    public func memoryAlarm(_ name: String) throws(SystemError) -> Descriptor? {
        guard !layout.isUnified(.memory), let mount = layout.legacy[CgroupController.memory.rawValue] else {
            return nil
        }
        let directory = path(mount, name)
        let alarm = Descriptor(owning: try shim("eventfd") { outpost_eventfd() })
        let control = try files.open("\(directory)/memory.oom_control", .readOnly)
        // cgroup-v1/memory.rst, section 10: "<event_fd> <fd of memory.oom_control>".
        try files.write("\(directory)/cgroup.event_control", "\(alarm.number) \(control.number)")
        return alarm
    }
}
