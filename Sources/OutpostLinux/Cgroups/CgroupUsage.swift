// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a run used, as the kernel counted it.
public struct CgroupUsage: Hashable, Sendable {
    public var cpuMicroseconds: Int
    public var memoryPeakBytes: Int
    /// Processes that the kernel killed because the memory limit was reached.
    public var memoryKills: Int
    /// Clones that were refused because of the process limit.
    public var processRefusals: Int

    public init(cpuMicroseconds: Int, memoryPeakBytes: Int, memoryKills: Int, processRefusals: Int) {
        self.cpuMicroseconds = cpuMicroseconds
        self.memoryPeakBytes = memoryPeakBytes
        self.memoryKills = memoryKills
        self.processRefusals = processRefusals
    }
}

extension CgroupTree {
    /// Reads the counters of a run; they include its children, dead ones too.
    public func usage(_ name: String) throws(SystemError) -> CgroupUsage {
        CgroupUsage(
            cpuMicroseconds: try cpuMicroseconds(name), memoryPeakBytes: try memoryPeak(name),
            memoryKills: try memoryKills(name),
            processRefusals: number("max", in: try file(.pids, name, "pids.events")))
    }

    /// Processes killed for memory so far.
    public func memoryKills(_ name: String) throws(SystemError) -> Int {
        // Version 2 counts in memory.events, version 1 in memory.oom_control (Linux 4.13).
        let source = layout.isUnified(.memory) ? "memory.events" : "memory.oom_control"
        return number("oom_kill", in: try file(.memory, name, source))
    }

    private func file(
        _ controller: CgroupController, _ name: String, _ file: String
    ) throws(SystemError) -> String {
        let mount = layout.isUnified(controller) ? layout.unified : layout.legacy[controller.rawValue]
        return try files.read("\(path(mount ?? "", name))/\(file)")
    }

    private func cpuMicroseconds(_ name: String) throws(SystemError) -> Int {
        if let unified = layout.unified {
            return number("usage_usec", in: try files.read("\(path(unified, name))/cpu.stat"))
        }
        guard let accounting = layout.legacy["cpuacct"] else { return 0 }
        return whole(try files.read("\(path(accounting, name))/cpuacct.usage")) / 1000
    }

    private func memoryPeak(_ name: String) throws(SystemError) -> Int {
        let peak = layout.isUnified(.memory) ? "memory.peak" : "memory.max_usage_in_bytes"
        return whole(try file(.memory, name, peak))
    }
}

/// The number behind `key` in a file of `key value` lines.
private func number(_ key: String, in text: String) -> Int {
    for line in text.split(separator: "\n") {
        let parts = line.split(separator: " ")
        if parts.count == 2 && parts[0] == key { return Int(parts[1]) ?? 0 }
    }
    return 0
}

private func whole(_ text: String) -> Int {
    Int(text.split(separator: "\n").first ?? "") ?? 0
}
