// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Temporary directories for tests.
public enum TemporaryDirectory {
    /// Runs `body` with a new, empty directory, and removes it afterwards. The directory is below `TMPDIR`, or below
    /// the build folder. That is on the repository's disk, where id-mapped mounts and loop devices work. They may not
    /// work in /tmp.
    public static func with<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let path = try make()
        let result: Result
        do {
            result = try await body(path)
        } catch {
            // The error of `body` is more useful than a failure of the removal.
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
        try FileManager.default.removeItem(atPath: path)
        return result
    }

    private static func make() throws -> String {
        let parent =
            ProcessInfo.processInfo.environment["TMPDIR"]
            ?? FileManager.default.currentDirectoryPath + "/.build/integration"
        let name = "outpost-" + UUID().uuidString.prefix(8).lowercased()
        let url = URL(fileURLWithPath: parent).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url.resolvingSymlinksInPath().path
    }
}
