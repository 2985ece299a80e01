// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess

/// The program under test, as it was built.
public enum ServerBinary {
    /// What a command that was run to its end did.
    public struct CommandResult: Sendable {
        /// Nil when a signal ended it.
        public let exitCode: Int?
        public let stdout: String
        public let stderr: String
    }

    /// The binary's path: `OUTPOST_BINARY`, else the debug build, else the release build of the working directory.
    ///
    /// - Throws: `FixtureError` when there is none.
    public static func path() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let folder = FileManager.default.currentDirectoryPath
        let candidates =
            environment["OUTPOST_BINARY"].map { [$0] } ?? ["\(folder)/.build/debug/outpost", "\(folder)/build/outpost"]
        guard let found = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw FixtureError("there is no binary to test at \(candidates.joined(separator: " or ")); run make debug")
        }
        return found
    }

    /// Runs the binary to its end.
    ///
    /// - Parameter input: what it reads.
    public static func run(_ arguments: [String], input: String = "") async throws -> CommandResult {
        let result = try await Subprocess.run(
            launcher, arguments: try launch(arguments), input: .string(input), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        let exitCode: Int? = if case .exited(let code) = result.terminationStatus { Int(code) } else { nil }
        return CommandResult(exitCode: exitCode, stdout: result.standardOutput, stderr: result.standardError)
    }

    /// Becomes what its first argument names. Subprocess takes a path only as a type of a package that is not needed for
    /// anything else here.
    static let launcher = Executable.name("env")

    /// The arguments with which `launcher` becomes the binary.
    static func launch(_ arguments: [String]) throws -> Arguments { Arguments([try path()] + arguments) }
}
