// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The version 2 hierarchy's own options.
public struct CgroupMount: Sendable {
    private let path: String
    private let options: [String]

    /// - Parameters:
    ///   - path: where it is mounted now.
    ///   - mountInfo: a proc_pid_mountinfo(5) that shows its options.
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

    /// Whether joining a cgroup is fast already.
    public var favorsDynamicModifications: Bool { options.contains(Self.option) }

    private static let option = "favordynmods"

    /// Makes joining a cgroup fast: without it the first process to join one in a while waits for an RCU grace period,
    /// 10 to 30 ms, in exchange for a few nanoseconds less in every fork and exit (cgroup-v2.rst, Linux 6.0).
    ///
    /// It holds for the whole host and stays: another server may count on it, so nobody can know when to take it back.
    ///
    /// - Throws: `SystemError`, EINVAL on an older kernel; nothing has changed then.
    public func favorDynamicModifications() throws(SystemError) {
        // A remount sets every option of the hierarchy, so those that it has are given again.
        let list = (options + [Self.option]).joined(separator: ",")
        try checked("remount", path: path) { mount(nil, path, nil, UInt(MS_REMOUNT), list) }
    }
}
