// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What a run used, as the kernel counted it.
public struct CgroupUsage: Hashable, Sendable {
    public var cpuMicroseconds: Int
    /// Files in memory included: a tmpfs, and what is kept of those on disks.
    public var memoryPeakBytes: Int
    /// Files in memory at this moment, which are a part of what is charged.
    public var fileBytes: Int
    /// Processes that the kernel killed because the memory limit was reached.
    public var memoryKills: Int
    /// Clones that were refused because of the process limit.
    public var processRefusals: Int

    public init(
        cpuMicroseconds: Int, memoryPeakBytes: Int, fileBytes: Int = 0, memoryKills: Int, processRefusals: Int
    ) {
        self.cpuMicroseconds = cpuMicroseconds
        self.memoryPeakBytes = memoryPeakBytes
        self.fileBytes = fileBytes
        self.memoryKills = memoryKills
        self.processRefusals = processRefusals
    }
}

extension CgroupTree {
    /// Reads the counters of a run; they include its children, dead ones too.
    public func usage(_ name: String) throws(SystemError) -> CgroupUsage {
        CgroupUsage(
            cpuMicroseconds: try cpuMicroseconds(name), memoryPeakBytes: try memoryPeak(name),
            fileBytes: try fileBytes(name), memoryKills: try memoryKills(name),
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

    /// User and system time of a run so far. What a process has used since the last tick of the core that it is on may be
    /// missing.
    public func cpuMicroseconds(_ name: String) throws(SystemError) -> Int {
        if let unified = layout.unified {
            return number("usage_usec", in: try files.read("\(path(unified, name))/cpu.stat"))
        }
        guard let accounting = layout.legacy["cpuacct"] else { return 0 }
        return whole(try files.read("\(path(accounting, name))/cpuacct.usage")) / 1000
    }

    /// How long a run that wanted to compute was kept from it: the cores were others', or its quota was used up. The more of
    /// two counts, neither of which is ever too much for a program of one thread:
    ///
    /// - the time in which nothing of it ran (accounting/psi.rst, `cpu.pressure`, `full`; Linux 5.13). It is a mean over the
    ///   cores, weighted by how busy they were, so a process that waits on one core and then on another counts for less:
    ///   8 s of waiting among 14 processes on two cores were seen as 5.6 s;
    /// - the time that a process spent on the queues of the cores (sched-stats.rst, `/proc/PID/schedstat`), the most that any
    ///   has. It does not know of quotas, nor of processes that are gone or of other threads than the first.
    ///
    /// 0 where the kernel counts neither. Of a run without a process it is all of its time: it has not begun, or is over and
    /// waits for somebody to say so.
    public func stallMicroseconds(_ name: String) -> Int {
        // A run that cannot be asked is ended as one that was never kept from anything.
        guard let running = try? processes(name) else { return 0 }
        if running.isEmpty { return Self.wholeTime }
        return max(pressureMicroseconds(name), queuedMicroseconds(running))
    }

    /// Longer than any run, and short enough to be counted in nanoseconds.
    public static var wholeTime: Int { 1 << 50 }

    private func pressureMicroseconds(_ name: String) -> Int {
        // No such file, or EOPNOTSUPP: without CONFIG_PSI or with psi=0 there is nothing to be known.
        guard let unified = layout.unified, let text = try? files.read("\(path(unified, name))/cpu.pressure") else {
            return 0
        }
        let full = text.split(separator: "\n").first { $0.starts(with: "full ") }
        let total = full?.split(separator: " ").last { $0.starts(with: "total=") }
        return total.flatMap { Int($0.dropFirst("total=".count)) } ?? 0
    }

    private func queuedMicroseconds(_ running: [Int32]) -> Int {
        let waits = running.prefix(Self.mostLooked).compactMap { pid -> Int? in
            // It may be gone since.
            guard let text = try? files.read("/proc/\(pid)/schedstat") else { return nil }
            return text.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        }
        return (waits.max() ?? 0) / 1000
    }

    /// Each costs microseconds that all sandboxes wait for.
    private static var mostLooked: Int { 32 }

    /// The kernel counts no peak without files (cgroup-v2.rst, `memory.peak`), but what they are now. `file` and `cache`
    /// both include tmpfs (cgroup-v2.rst, `memory.stat`; cgroup-v1/memory.rst, section 5.2).
    private func fileBytes(_ name: String) throws(SystemError) -> Int {
        number(layout.isUnified(.memory) ? "file" : "cache", in: try file(.memory, name, "memory.stat"))
    }

    private func memoryPeak(_ name: String) throws(SystemError) -> Int {
        let peak = layout.isUnified(.memory) ? "memory.peak" : "memory.max_usage_in_bytes"
        return whole(try file(.memory, name, peak))
    }
}

/// The number behind `key` in a file of `key value` lines.
private func number(_ key: String, in text: String) -> Int {
    var rest = text.utf8[...]
    while let end = rest.firstIndex(of: 10) ?? (rest.isEmpty ? nil : rest.endIndex) {
        let line = rest[..<end]
        if line.starts(with: key.utf8), line.dropFirst(key.utf8.count).first == 32 {
            return digits(line.dropFirst(key.utf8.count + 1))
        }
        rest = end == rest.endIndex ? rest[end...] : rest[rest.index(after: end)...]
    }
    return 0
}

private func whole(_ text: String) -> Int { digits(text.utf8.prefix { $0 != 10 }) }

/// What is no number, "max" among it, is 0.
private func digits(_ text: Substring.UTF8View) -> Int { Int(Substring(text)) ?? 0 }
