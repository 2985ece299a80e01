// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Freezes the runs of a tenant that crowds a lock of the kernel, for some seconds. Each thread still gets the lock once, and
/// is frozen when it returns from the kernel, so the crowd is gone within milliseconds.
///
/// It freezes runs, not sandboxes, because a client's pause freezes a sandbox. A frozen run can be killed. Its time goes on.
struct CrowdBrake<Files: CgroupFiles> {
    private struct Penalty {
        var nanoseconds: UInt64
        /// When it is forgotten.
        var end: UInt64
    }

    private let tree: CgroupTree<Files>
    /// The frozen runs, and when they go on.
    private var stopped: [String: UInt64] = [:]
    private var penalties: [String: Penalty] = [:]

    /// How long the first crowd of a tenant is frozen. Each further one within `memory` is frozen for twice as long as the last
    /// one, up to `most`.
    static var first: UInt64 { 2_000_000_000 }
    static var most: UInt64 { 16_000_000_000 }
    static var memory: UInt64 { 60_000_000_000 }
    private static var pause: UInt64 { 100_000_000 }

    init(_ tree: CgroupTree<Files>) { self.tree = tree }

    /// Freezes the runs of a crowd.
    ///
    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: for how many nanoseconds; nil when all of them are frozen already.
    /// - Throws: `SystemError`. The runs that were frozen go on later.
    mutating func stop(_ crowd: CrowdSearch<Files>.Crowd, now: UInt64) throws(SystemError) -> UInt64? {
        // The kernel tells of a run as waiting until its threads have had the lock.
        let runs = crowd.runs.filter { stopped[$0] == nil }
        guard !runs.isEmpty else { return nil }
        let length = penalty(of: crowd.tenant, now)
        for run in runs {
            // Another freeze of this run, such as that of an interpreter that waits for its program, must not end with this one.
            if try tree.isFrozen(run) { continue }
            stopped[run] = now + length
            try tree.setFrozen(true, run)
        }
        return length
    }

    /// The tenants whose last crowd is not forgotten yet.
    func suspects(now: UInt64) -> Set<String> { Set(penalties.filter { $0.value.end > now }.keys) }

    private mutating func penalty(of tenant: String, _ now: UInt64) -> UInt64 {
        penalties = penalties.filter { $0.value.end > now }
        let length = min(penalties[tenant].map { 2 * $0.nanoseconds } ?? Self.first, Self.most)
        penalties[tenant] = Penalty(nanoseconds: length, end: now + length + Self.memory)
        return length
    }

    /// Lets the runs go on whose time is over.
    ///
    /// - Throws: `SystemError`. The run is tried again after `pause`.
    mutating func release(now: UInt64) throws(SystemError) {
        for (run, end) in stopped where end <= now {
            stopped[run] = now + Self.pause
            try tree.setFrozen(false, run)
            stopped[run] = nil
        }
    }

    /// Milliseconds until `release` has something to do; -1 when nothing is frozen.
    func patience(now: UInt64) -> Int32 {
        guard let end = stopped.values.min() else { return -1 }
        return end > now ? Int32((end - now + 999_999) / 1_000_000) : 0
    }
}
