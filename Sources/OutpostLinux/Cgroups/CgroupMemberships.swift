// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The cgroup of a process in each version 1 hierarchy, from /proc/PID/cgroup (cgroups(7)).
public struct CgroupMemberships: Hashable, Sendable {
    private var paths: [String: String] = [:]

    /// Parses the text of a /proc/PID/cgroup. Lines that do not have three fields are skipped.
    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",") { paths[String(controller)] = String(fields[2]) }
        }
    }

    /// The directory of the process's cgroup in the hierarchy mounted at `mount`.
    ///
    /// In a container with the host's cgroup namespace the mount can begin at the cgroup itself. The path from the kernel
    /// does not exist there, and the result is `mount`.
    public func directory(of controller: String, in mount: String, exists: (String) -> Bool) -> String {
        guard let path = paths[controller], path != "/", exists(mount + path) else { return mount }
        return mount + path
    }
}
