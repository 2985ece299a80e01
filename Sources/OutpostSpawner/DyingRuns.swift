// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// Runs that are over but for what they left behind, which was killed and is still dying.
struct DyingRuns {
    /// The answer to a request to finish a run.
    struct Run: Hashable {
        let number: UInt64
        /// Waits for the last of it to be dead.
        let request: UInt64
        /// As it was counted before what was left behind was killed.
        let usage: RunUsage
    }

    private var runs: [String: Run] = [:]

    var isEmpty: Bool { runs.isEmpty }
    var cgroups: [String] { Array(runs.keys) }

    mutating func insert(_ run: Run, in cgroup: String) { runs[cgroup] = run }

    /// The last process in the cgroup is dead.
    ///
    /// - Returns: the run, if somebody waits for it.
    mutating func end(in cgroup: String) -> Run? { runs.removeValue(forKey: cgroup) }

    /// Nobody waits for it any more.
    ///
    /// - Returns: what it used; nil for a run that is not dying.
    mutating func abandon(_ number: UInt64) -> RunUsage? {
        guard let cgroup = runs.first(where: { $0.value.number == number })?.key else { return nil }
        return runs.removeValue(forKey: cgroup)?.usage
    }
}
