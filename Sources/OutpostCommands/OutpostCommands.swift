// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import ArgumentParser

/// The commands that call a server, as subcommands of the program's root command.
public enum OutpostCommands {
    /// `sandbox`, `run`, `job`, `token`, `language` and `quota`.
    public static let subcommands: [any ParsableCommand.Type] = [
        SandboxCommand.self, RunCommand.self, JobCommand.self, TokenCommand.self, LanguageCommand.self,
        QuotaCommand.self,
    ]

    /// Parses `arguments`, runs the command that they name, and prints its error if there is one.
    ///
    /// - Parameter arguments: without the program's name; nil for the arguments of the process.
    /// - Returns: 0, the `ExitCode` that the command throws, 2 for wrong usage, 125 for a fault of the server, or 1 for
    ///   any other error.
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

    /// Prints the messages of `error`.
    ///
    /// - Returns: the exit code of the error.
    public static func report(_ error: any Error, in root: any ParsableCommand.Type) -> Int32 {
        ErrorReport(error, in: root).deliver()
    }
}
