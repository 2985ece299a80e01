// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program in a sandbox that goes on until the test ends it from the host, when no call of the API could do so.
public struct Sleeper: Sendable {
    // Told from all others by how long it would sleep.
    private let seconds = String(Int.random(in: 1_000_000_000..<2_000_000_000))

    public init() {}

    /// A command of the shell; what stands behind it runs when the sleeper was ended.
    public var command: String { "sleep \(seconds)" }

    /// Whether it runs now.
    public var isThere: Bool { (try? processes().isEmpty) == false }

    /// Returns when it runs.
    ///
    /// - Throws: `FixtureError` when it does not begin.
    public func begin() async throws {
        guard try await eventually({ try !processes().isEmpty }) else {
            throw FixtureError("the program does not begin")
        }
    }

    /// Ends it, as soon as it runs.
    ///
    /// - Throws: `FixtureError` when it never does.
    public func end() async throws {
        try await begin()
        for id in try processes() { kill(id, SIGTERM) }
    }

    private func processes() throws -> [Int32] {
        try HostProcesses.mentioning(seconds).filter { id in
            // Not the shell, whose script names it too.
            let arguments = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            return arguments == Data("sleep\0\(seconds)\0".utf8)
        }
    }
}
