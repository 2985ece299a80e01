// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Decides when to read the processor time of a run.
///
/// No kernel interface ends a cgroup after some processor time. Therefore the server reads the time, but not before the
/// earliest moment at which the run can have reached the limit. For a program that always computes, the number of reads
/// grows with the logarithm of the limit. A program that sleeps is read rarely.
struct ProcessorTimeLimit {
    private let limitMicroseconds: UInt64
    /// The quota of the run, in cores.
    private let cores: Double
    /// The number of cores on which its processes can run at one time.
    private let hostCores: Int

    /// Creates a limit.
    ///
    /// - Parameters:
    ///   - cores: the quota of the run.
    ///   - hostCores: the number of the host's cores.
    init(milliseconds: Int, cores: Double, hostCores: Int = ProcessorTimeLimit.hostCores) {
        limitMicroseconds = UInt64(milliseconds) * 1000
        self.cores = cores
        self.hostCores = hostCores
    }

    /// The limit of a program. Nil when it has none.
    init?(_ program: ProgramSpec) {
        guard let milliseconds = program.cpuTimeMilliseconds else { return nil }
        self.init(milliseconds: milliseconds, cores: program.limits.cpuCores)
    }

    /// Returns when to read the processor time next.
    ///
    /// - Parameters:
    ///   - used: the processor time until now, in microseconds.
    ///   - elapsed: nanoseconds since the program started.
    /// - Returns: nanoseconds until the next read. Nil when the limit is exceeded.
    func nextLook(used: UInt64, elapsed: UInt64) -> UInt64? {
        // A run may use exactly the limit.
        guard used <= limitMicroseconds else { return nil }
        let rest = Double(limitMicroseconds - used) * 1000
        // The run can use all cores at one time, but at most its quota in each period. Two periods may have begun
        // (sched-bwc.rst).
        let earliest = max(rest / Double(hostCores), rest / cores - 2 * Self.period)
        // A program that does not compute is read rarely. A late read does not matter, because the final count decides.
        let patience = min(max(Self.shortest, Double(elapsed) / 64), Self.longest)
        return UInt64(max(earliest, patience))
    }

    /// Whether this processor time is above the limit.
    func isExceeded(by microseconds: UInt64) -> Bool { microseconds > limitMicroseconds }

    /// The number of the host's cores. It is in a file of the kernel, which is read once.
    static let hostCores = HostFacts.processors
    /// The period of the quota, in nanoseconds (`RunLimits`).
    private static let period = 100_000_000.0
    private static let shortest = 1_000_000.0
    private static let longest = 50_000_000.0
}
