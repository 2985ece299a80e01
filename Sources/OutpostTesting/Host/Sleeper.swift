// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program in a sandbox that runs until the test ends it from the host, for cases without an API call.
public struct Sleeper: Sendable {
    // The duration is unique and identifies the process.
    private let seconds = String(Int.random(in: 1_000_000_000..<2_000_000_000))

    /// Creates a sleeper with a unique duration.
    public init() {}

    /// A shell command. The commands after it run when the sleeper has ended.
    public var command: String { "sleep \(seconds)" }

    /// Whether the program runs now.
    public var isThere: Bool { (try? processes().isEmpty) == false }

    /// Waits until the program runs.
    ///
    /// - Throws: `FixtureError` when it does not start.
    public func begin() async throws {
        guard try await eventually({ try !processes().isEmpty }) else {
            throw FixtureError("the program did not start")
        }
    }

    /// Waits until the program runs, and ends it.
    ///
    /// - Throws: `FixtureError` when it does not start.
    public func end() async throws {
        try await begin()
        for id in try processes() { kill(id, SIGTERM) }
    }

    private func processes() throws -> [Int32] {
        try HostProcesses.mentioning(seconds).filter { id in
            // Not the shell, which has the text in its script.
            let arguments = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            return arguments == Data("sleep\0\(seconds)\0".utf8)
        }
    }
}
