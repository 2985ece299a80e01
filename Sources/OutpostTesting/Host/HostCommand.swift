// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Subprocess

/// Runs programs of the host for tests.
public enum HostCommand {
    /// Runs a program to its end. It searches the folders for users and for administrators.
    ///
    /// - Returns: the standard output.
    /// - Throws: `FixtureError` with the program's output when it fails.
    @discardableResult
    public static func run(_ program: String, _ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            .name(program), arguments: Arguments(arguments),
            environment: .inherit.updating(["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus == .exited(0) else {
            throw FixtureError("\(program) \(arguments): \(result.terminationStatus) \(result.standardError)")
        }
        return result.standardOutput
    }
}
