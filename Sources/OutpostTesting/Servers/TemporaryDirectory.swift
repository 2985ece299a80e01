// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Directories for tests.
public enum TemporaryDirectory {
    /// A new, empty directory, removed with its content after `body`. It is below `TMPDIR`, else below the build folder:
    /// on the disk that holds the repository, where id-mapped mounts and loop devices work, which a /tmp may not offer.
    public static func with<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let path = try make()
        let result: Result
        do {
            result = try await body(path)
        } catch {
            // The error of the body says more than a directory that could not be removed because of it.
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
