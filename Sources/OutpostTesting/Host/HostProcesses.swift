// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The processes of this host.
public enum HostProcesses {
    /// Returns the ids of the processes with `text` in their arguments.
    public static func mentioning(_ text: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { id in
            // A process that has ended meanwhile has no arguments.
            let arguments = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            return String(decoding: arguments, as: UTF8.self).contains(text)
        }
    }

    /// Returns a descendant of `ancestor` with `text` in its arguments. Nil when there is none.
    public static func descendant(of ancestor: Int32, mentioning text: String) throws -> Int32? {
        try mentioning(text).first { id in
            var parent = parent(of: id)
            while let next = parent, next > 1, next != ancestor { parent = self.parent(of: next) }
            return parent == ancestor
        }
    }

    private static func parent(of id: Int32) -> Int32? {
        let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return line.flatMap { Int32($0.dropFirst(5).trimmingCharacters(in: .whitespaces)) }
    }

    /// Whether a process runs. A zombie does not run.
    public static func isRunning(_ id: Int32) -> Bool {
        let text = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        let state = text.split(separator: ")").last?.split(separator: " ").first
        return state != nil && state != "Z" && state != "X"
    }

    /// Returns the ids of the processes with `text` in their arguments in whose root the absolute path `path` exists.
    public static func mentioning(_ text: String, seeing path: String) throws -> [Int32] {
        try mentioning(text).filter { FileManager.default.fileExists(atPath: "/proc/\($0)/root\(path)") }
    }

    /// Whether this process is root on the host.
    public static var isRoot: Bool { geteuid() == 0 }
}
