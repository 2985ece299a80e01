// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser

/// The commands that call a server, to be put under the program's root command.
public enum OutpostCommands {
    /// `sandbox`, `run`, `job`, `token`, `language` and `quota`.
    public static let subcommands: [any ParsableCommand.Type] = [
        SandboxCommand.self, RunCommand.self, JobCommand.self, TokenCommand.self, LanguageCommand.self,
        QuotaCommand.self,
    ]

    /// Runs the command that `arguments` name, the process's own when nil, and prints what it has to say.
    ///
    /// - Returns: 0, or what the command itself throws as `ExitCode`, or 2 for wrong usage, 125 for a fault of the
    ///   server's, 1 for any other error.
    public static func exitCode<Root: ParsableCommand>(of root: Root.Type, arguments: [String]? = nil) async -> Int32 {
        do {
            var command = try root.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitCode.success.rawValue
        } catch {
            return report(error, in: root)
        }
    }

    /// Prints what `error` has to say.
    ///
    /// - Returns: the exit code that goes with it.
    public static func report(_ error: any Error, in root: any ParsableCommand.Type) -> Int32 {
        ErrorReport(error, in: root).deliver()
    }
}
