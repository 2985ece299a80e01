// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The cgroup hierarchies of this host.
enum HostCgroups {
    /// Returns the directories with this name at the top of each hierarchy.
    static func directories(named name: String) throws -> [String] {
        try mountPoints().map { "\($0)/\(name)" }.filter { FileManager.default.fileExists(atPath: $0) }
    }

    private static func mountPoints() throws -> [String] {
        try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, fields.count > 4 else { return nil }
            return fields[dash + 1].hasPrefix("cgroup") ? String(fields[4]) : nil
        }
    }
}
