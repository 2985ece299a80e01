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

    /// The ids of those with `text` among their arguments that have something at the absolute path `path`.
    public static func mentioning(_ text: String, seeing path: String) throws -> [Int32] {
        try mentioning(text).filter { FileManager.default.fileExists(atPath: "/proc/\($0)/root\(path)") }
    }

    /// Whether this process is the host's root.
    public static var isRoot: Bool { geteuid() == 0 }
}
