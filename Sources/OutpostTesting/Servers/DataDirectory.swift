// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The data directory of a server, and everything on the host that belongs to it.
public struct DataDirectory: Sendable {
    /// Absolute path without symbolic links.
    public let path: String

    /// A data directory at `path`. It may not exist yet.
    public init(path: String) { self.path = path }

    /// Runs `body` with a new data directory, and removes it afterwards.
    public static func withTemporary<Result>(_ body: (DataDirectory) async throws -> Result) async throws -> Result {
        try await TemporaryDirectory.with { path in try await body(DataDirectory(path: path + "/data")) }
    }

    /// Returns the administrator's token from the first start.
    ///
    /// - Throws: `FixtureError` when there is none or others may read it.
    public func adminToken() throws -> String {
        let file = path + "/admin.token"
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        guard mode == 0o600 else { throw FixtureError("\(file) has mode \(mode.map { String($0, radix: 8) } ?? "?")") }
        return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Returns the cgroups, mounts and loop devices of this directory's server.
    public func leftovers() throws -> [String] {
        try HostCgroups.directories(named: cgroupName) + HostMounts.mentioning(path) + LoopDevices.backed(by: path)
    }

    /// Checks that nothing is left, as after a clean stop.
    ///
    /// - Throws: `FixtureError` with the list of leftovers.
    public func expectNothingLeft() async throws {
        // The kernel removes mount namespaces and loop devices after the processes have ended, without an event.
        // Therefore this checks several times.
        let isGone = try await eventually { try leftovers().isEmpty }
        guard isGone else {
            throw FixtureError("the server left behind: \(try leftovers().joined(separator: ", "))")
        }
    }

    /// Checks that the running server has a cgroup with the expected name. Otherwise the search for leftovers would
    /// find nothing.
    func expectCgroups() throws {
        guard try !HostCgroups.directories(named: cgroupName).isEmpty else {
            throw FixtureError("the running server has no cgroup \(cgroupName)")
        }
    }

    /// `outpost-` and the upper half of the path's FNV-1a hash.
    private var cgroupName: String {
        let hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash >> 32, radix: 16)
        return "outpost-" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
