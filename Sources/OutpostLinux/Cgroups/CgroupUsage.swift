// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The resources that a run used, from the kernel's counters.
public struct CgroupUsage: Hashable, Sendable {
    /// User and system time.
    public var cpuMicroseconds: Int
    /// The peak of the memory use. It includes files in a tmpfs and in the page cache.
    public var memoryPeakBytes: Int
    /// The size of the files in memory at this moment: tmpfs and page cache. It is part of the charged memory.
    public var fileBytes: Int
    /// The number of processes that the kernel killed at the memory limit.
    public var memoryKills: Int
    /// The number of clones that the kernel refused at the process limit.
    public var processRefusals: Int

    /// A usage with these values.
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
    /// Reads the counters of a run's cgroup. They include processes that have ended.
    public func usage(_ name: String) throws(SystemError) -> CgroupUsage {
        CgroupUsage(
            cpuMicroseconds: try cpuMicroseconds(name), memoryPeakBytes: try memoryPeak(name),
            fileBytes: try fileBytes(name), memoryKills: try memoryKills(name),
            processRefusals: number("max", in: try file(.pids, name, "pids.events")))
    }

    /// The number of processes that the kernel has killed at the memory limit so far.
    public func memoryKills(_ name: String) throws(SystemError) -> Int {
        // Version 2 counts in memory.events, version 1 in memory.oom_control (Linux 4.13).
        let source = layout.isUnified(.memory) ? "memory.events" : "memory.oom_control"
        return number("oom_kill", in: try file(.memory, name, source))
    }

    private func file(
        _ controller: CgroupController, _ name: String, _ file: String
    ) throws(SystemError) -> String {
        try files.read(path(of: controller, name, file))
    }

    private func path(of controller: CgroupController, _ name: String, _ file: String) -> String {
        let mount = layout.isUnified(controller) ? layout.unified : layout.legacy[controller.rawValue]
        return "\(path(mount ?? "", name))/\(file)"
    }

    /// The files of the counters that `CgroupCounters` reads, in its order. The first is missing on a host that does not count
    /// CPU time.
    func counterFiles(_ name: String) -> [String] {
        let time =
            layout.unified.map { "\(path($0, name))/cpu.stat" }
            ?? layout.legacy["cpuacct"].map {
                "\(path($0, name))/cpuacct.usage"
            }
        return [time, path(of: .memory, name, peakFile), path(of: .memory, name, "memory.stat")].compactMap(\.self)
    }

    private var peakFile: String { layout.isUnified(.memory) ? "memory.peak" : "memory.max_usage_in_bytes" }

    /// The user and system time of a run so far. The time since the last tick of each core can be missing.
    public func cpuMicroseconds(_ name: String) throws(SystemError) -> Int {
        if let unified = layout.unified {
            return number("usage_usec", in: try files.read("\(path(unified, name))/cpu.stat"))
        }
        guard let accounting = layout.legacy["cpuacct"] else { return 0 }
        return whole(try files.read("\(path(accounting, name))/cpuacct.usage")) / 1000
    }

    /// The time in which the processes of a run had used up their CPU quota and waited for the next period.
    public func throttledMicroseconds(_ name: String) throws(SystemError) -> Int {
        let stat = try file(.cpu, name, "cpu.stat")
        // Version 2 counts microseconds (cgroup-v2.rst, `cpu.stat`), version 1 nanoseconds (sched-bwc.rst).
        return layout.isUnified(.cpu) ? number("throttled_usec", in: stat) : number("throttled_time", in: stat) / 1000
    }

    /// The memory that is charged to a cgroup and those below it now.
    public func memoryBytes(_ name: String) throws(SystemError) -> Int {
        whole(try file(.memory, name, layout.isUnified(.memory) ? "memory.current" : "memory.usage_in_bytes"))
    }

    /// The number of processes and threads in a cgroup and those below it now.
    public func processCount(_ name: String) throws(SystemError) -> Int {
        whole(try file(.pids, name, "pids.current"))
    }

    /// The time in which a run could have used the CPU but did not get it, because other processes had the cores or its
    /// quota was used up. The result is the larger of two counters. Neither counts too much for a program of one thread:
    ///
    /// - `full` of `cpu.pressure`: the time in which no process of the cgroup ran (accounting/psi.rst; Linux 5.13). The
    ///   kernel averages over the cores, weighted by how busy they were, and so counts too little for a process that waits
    ///   on one core and then on another: 8 s of waiting among 14 processes on two cores were counted as 5.6 s.
    /// - The longest time that one process waited in run queues (sched-stats.rst, `/proc/PID/schedstat`). It does not include
    ///   waiting for quota, ended processes and threads other than the first.
    ///
    /// 0 if the kernel has neither counter. For a run without processes the result is `wholeTime`: the run has not begun, or
    /// it has ended and its end is not reported yet.
    public func stallMicroseconds(_ name: String) -> Int {
        // If the processes cannot be listed, the run counts as never stalled, and its time limit ends it.
        guard let running = try? processes(name) else { return 0 }
        if running.isEmpty { return Self.wholeTime }
        return max(pressureMicroseconds(name), queuedMicroseconds(running))
    }

    /// Microseconds; longer than any run, and still without overflow in nanoseconds.
    public static var wholeTime: Int { 1 << 50 }

    private func pressureMicroseconds(_ name: String) -> Int {
        // Without CONFIG_PSI or with psi=0 the file is missing, or reading fails with EOPNOTSUPP.
        guard let unified = layout.unified, let text = try? files.read("\(path(unified, name))/cpu.pressure") else {
            return 0
        }
        let full = text.split(separator: "\n").first { $0.starts(with: "full ") }
        let total = full?.split(separator: " ").last { $0.starts(with: "total=") }
        return total.flatMap { Int($0.dropFirst("total=".count)) } ?? 0
    }

    private func queuedMicroseconds(_ running: [Int32]) -> Int {
        let waits = running.prefix(Self.mostLooked).compactMap { pid -> Int? in
            // The process may have ended since the list was read.
            guard let text = try? files.read("/proc/\(pid)/schedstat") else { return nil }
            return text.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
        }
        return (waits.max() ?? 0) / 1000
    }

    /// The most processes whose `schedstat` is read. Each read costs the spawner microseconds that all sandboxes wait for.
    private static var mostLooked: Int { 32 }

    /// The current size of files in memory. The kernel has no peak without files (cgroup-v2.rst, `memory.peak`). `file` and
    /// `cache` both include tmpfs (cgroup-v2.rst, `memory.stat`; cgroup-v1/memory.rst, section 5.2).
    private func fileBytes(_ name: String) throws(SystemError) -> Int {
        number(layout.isUnified(.memory) ? "file" : "cache", in: try file(.memory, name, "memory.stat"))
    }

    /// The peak of the memory use of a run without the files that it has in memory now.
    public func programMemoryPeak(_ name: String) throws(SystemError) -> Int {
        max(0, try memoryPeak(name) - fileBytes(name))
    }

    /// The peak of the memory use of a run. It includes files in a tmpfs and in the page cache.
    public func memoryPeak(_ name: String) throws(SystemError) -> Int {
        whole(try file(.memory, name, peakFile))
    }
}

/// The number after `key` in a file of `key value` lines; 0 without the key.
func number(_ key: String, in text: String) -> Int {
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

func whole(_ text: String) -> Int { digits(text.utf8.prefix { $0 != 10 }) }

/// The number in `text`; 0 for other text, such as "max".
private func digits(_ text: Substring.UTF8View) -> Int { Int(Substring(text)) ?? 0 }
