// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// When to look at what a run has used of its processor time.
///
/// No kernel interface ends a cgroup at a time that it has used, so it is looked at: not before the earliest moment at which
/// the limit can have been reached. A program that computes all the time is looked at a number of times that grows with
/// the logarithm of its limit, one that sleeps for an hour rarely.
struct ProcessorTimeLimit {
    private let limitMicroseconds: UInt64
    /// Cores' worth of time that the run is given over all.
    private let cores: Double
    /// Cores that its processes can be on at one moment.
    private let hostCores: Int

    /// - Parameter hostCores: those of the host.
    init(milliseconds: Int, cores: Double, hostCores: Int = ProcessorTimeLimit.hostCores) {
        limitMicroseconds = UInt64(milliseconds) * 1000
        self.cores = cores
        self.hostCores = hostCores
    }

    /// That of a program; nil when it has none.
    init?(_ program: ProgramSpec) {
        guard let milliseconds = program.cpuTimeMilliseconds else { return nil }
        self.init(milliseconds: milliseconds, cores: program.limits.cpuCores)
    }

    /// - Parameters:
    ///   - used: microseconds.
    ///   - elapsed: nanoseconds since the program started.
    /// - Returns: nanoseconds until the next look; nil when the limit is reached.
    func nextLook(used: UInt64, elapsed: UInt64) -> UInt64? {
        // What is exactly the limit is allowed, and known only at the end.
        guard used <= limitMicroseconds else { return nil }
        let rest = Double(limitMicroseconds - used) * 1000
        // On all cores at once; but no more than its quota in each period, of which two may have begun
        // (sched-bwc.rst).
        let earliest = max(rest / Double(hostCores), rest / cores - 2 * Self.period)
        // Whoever does not compute is not looked at every moment; the final count decides in any case.
        let patience = min(max(Self.shortest, Double(elapsed) / 64), Self.longest)
        return UInt64(max(earliest, patience))
    }

    /// Whether a run that is over has used more.
    func isExceeded(by microseconds: UInt64) -> Bool { microseconds > limitMicroseconds }

    /// The kernel tells it in a file, so it is asked once.
    static let hostCores = HostFacts.processors
    /// Nanoseconds in which a run gets its quota (`RunLimits`).
    private static let period = 100_000_000.0
    private static let shortest = 1_000_000.0
    private static let longest = 50_000_000.0
}
