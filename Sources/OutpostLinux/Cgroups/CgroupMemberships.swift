// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// In which cgroup of each version 1 hierarchy a process is, as its /proc/PID/cgroup says (cgroups(7)).
public struct CgroupMemberships: Hashable, Sendable {
    private var paths: [String: String] = [:]

    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for controller in fields[1].split(separator: ",") { paths[String(controller)] = String(fields[2]) }
        }
    }

    /// The directory of the cgroup below the mount point of its hierarchy. In a container with the host's cgroup namespace the
    /// mount may begin at the cgroup, so that nothing is at the path that the kernel tells.
    public func directory(of controller: String, in mount: String, exists: (String) -> Bool) -> String {
        guard let path = paths[controller], path != "/", exists(mount + path) else { return mount }
        return mount + path
    }
}
