// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A directory where a server keeps its state, and everything on the host that belongs to it.
public struct DataDirectory: Sendable {
    /// Absolute, without symbolic links.
    public let path: String

    /// The directory at `path`, which need not exist yet.
    public init(path: String) { self.path = path }

    /// A new directory, removed with its content after `body`.
    public static func withTemporary<Result>(_ body: (DataDirectory) async throws -> Result) async throws -> Result {
        try await TemporaryDirectory.with { path in try await body(DataDirectory(path: path + "/data")) }
    }

    /// The token that the first start wrote.
    ///
    /// - Throws: `FixtureError` when it is not there or others may read it.
    public func adminToken() throws -> String {
        let file = path + "/admin.token"
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        guard mode == 0o600 else { throw FixtureError("\(file) has mode \(mode.map { String($0, radix: 8) } ?? "?")") }
        return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What the server of this directory has on the host now: cgroups, mounts, loop devices.
    public func leftovers() throws -> [String] {
        try HostCgroups.directories(named: cgroupName) + HostMounts.mentioning(path) + LoopDevices.backed(by: path)
    }

    /// Checks that nothing is left, as after a clean end.
    ///
    /// - Throws: `FixtureError` that lists what is.
    public func expectNothingLeft() async throws {
        // The kernel takes dead mount namespaces and their loop devices apart after the processes are reaped, and tells
        // nobody when it has; so this looks again for a while.
        let isGone = try await eventually { try leftovers().isEmpty }
        guard isGone else {
            throw FixtureError("the server left behind: \(try leftovers().joined(separator: ", "))")
        }
    }

    /// Checks that the search for leftovers knows the server's cgroups by their right name.
    func expectCgroups() throws {
        guard try !HostCgroups.directories(named: cgroupName).isEmpty else {
            throw FixtureError("the running server has no cgroup \(cgroupName)")
        }
    }

    /// `outpost-` and the upper half of the FNV-1a hash of the path.
    private var cgroupName: String {
        let hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let digits = String(hash >> 32, radix: 16)
        return "outpost-" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
