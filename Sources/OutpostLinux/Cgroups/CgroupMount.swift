// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The mount of the version 2 hierarchy and its mount options.
public struct CgroupMount: Sendable {
    private let path: String
    private let options: [String]

    /// Nil without a version 2 mount in `mountInfo`.
    ///
    /// - Parameters:
    ///   - path: the current mount point.
    ///   - mountInfo: the text of a proc_pid_mountinfo(5). The options of its first version 2 mount are used.
    public init?(path: String, mountInfo: String) {
        for line in mountInfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, fields[dash + 1] == "cgroup2" else {
                continue
            }
            self.path = path
            options = fields[dash + 3].split(separator: ",").map(String.init).filter { $0 != "rw" && $0 != "ro" }
            return
        }
        return nil
    }

    /// Whether the hierarchy has the option `favordynmods` already.
    public var favorsDynamicModifications: Bool { options.contains(Self.option) }

    private static let option = "favordynmods"

    /// Remounts the hierarchy with `favordynmods`, so that processes join cgroups quickly. Without the option, the first
    /// process that joins a cgroup after a pause waits 10 to 30 ms for an RCU grace period. With it, each fork and exit takes
    /// a few nanoseconds more (cgroup-v2.rst, Linux 6.0).
    ///
    /// The option applies to the whole host and stays after this process: another server may rely on it.
    ///
    /// - Throws: `SystemError`: EINVAL on an older kernel. Nothing has changed then.
    public func favorDynamicModifications() throws(SystemError) {
        // A remount replaces all options, so the existing ones are passed again.
        let list = (options + [Self.option]).joined(separator: ",")
        try checked("remount", path: path) { mount(nil, path, nil, UInt(MS_REMOUNT), list) }
    }
}
