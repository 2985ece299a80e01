// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Subprocess

/// The binary under test.
public enum ServerBinary {
    /// The result of a command.
    public struct CommandResult: Sendable {
        /// Nil when a signal killed it.
        public let exitCode: Int?
        /// The standard output.
        public let stdout: String
        /// The standard error.
        public let stderr: String

        fileprivate init(_ status: TerminationStatus, _ stdout: String?, _ stderr: String?) {
            exitCode = if case .exited(let code) = status { Int(code) } else { nil }
            self.stdout = stdout ?? ""
            self.stderr = stderr ?? ""
        }
    }

    /// Returns the path of the binary: `OUTPOST_BINARY`, otherwise the debug build or the release build in the working
    /// directory.
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
    /// - Parameter input: its standard input.
    public static func run(_ arguments: [String], input: String = "") async throws -> CommandResult {
        // A pipe may reach its end late on a busy host, and the command tells people that it waits.
        guard !input.isEmpty else {
            let result = try await Subprocess.run(
                launcher, arguments: try launch(arguments), input: .none, output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20))
            return CommandResult(result.terminationStatus, result.standardOutput, result.standardError)
        }
        let result = try await Subprocess.run(
            launcher, arguments: try launch(arguments), input: .string(input), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        return CommandResult(result.terminationStatus, result.standardOutput, result.standardError)
    }

    /// Executes the program in its first argument. Subprocess accepts a path only as a type of another package.
    static let launcher = Executable.name("env")

    /// Returns the arguments for `launcher` that execute the binary.
    static func launch(_ arguments: [String]) throws -> Arguments { Arguments([try path()] + arguments) }
}
