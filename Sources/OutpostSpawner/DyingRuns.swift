// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// Finished runs whose remaining processes have been killed and are still dying.
struct DyingRuns {
    /// A run, and the request that its end answers.
    struct Run: Hashable {
        let number: UInt64
        /// The `finish` request.
        let request: UInt64
        /// The usage, read before the remaining processes were killed.
        let usage: RunUsage
    }

    /// By the name of the cgroup.
    private var runs: [String: Run] = [:]

    var isEmpty: Bool { runs.isEmpty }
    var cgroups: [String] { Array(runs.keys) }

    mutating func insert(_ run: Run, in cgroup: String) { runs[cgroup] = run }

    /// Removes the run of a cgroup whose last process is dead.
    ///
    /// - Returns: the run, if a request waits for it.
    mutating func end(in cgroup: String) -> Run? { runs.removeValue(forKey: cgroup) }

    /// Removes a run whose request is not answered any more.
    ///
    /// - Returns: the usage; nil for a run that is not dying.
    mutating func abandon(_ number: UInt64) -> RunUsage? {
        guard let cgroup = runs.first(where: { $0.value.number == number })?.key else { return nil }
        return runs.removeValue(forKey: cgroup)?.usage
    }
}
