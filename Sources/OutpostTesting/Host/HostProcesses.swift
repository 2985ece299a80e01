// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The processes of this host.
public enum HostProcesses {
    /// The ids of those with `text` among their arguments.
    public static func mentioning(_ text: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { id in
            // A process that has ended in between has no arguments.
            let arguments = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            return String(decoding: arguments, as: UTF8.self).contains(text)
        }
    }

    /// The ids of those with `text` in their environment.
    public static func withVariable(_ text: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { id in
            let variables = FileManager.default.contents(atPath: "/proc/\(id)/environ") ?? Data()
            return String(decoding: variables, as: UTF8.self).contains(text)
        }
    }

    /// Whether this process is the host's root.
    public static var isRoot: Bool { geteuid() == 0 }
}
