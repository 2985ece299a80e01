// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCommands

/// Runs untrusted code: the server, and the commands that talk to one.
struct Outpost: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "outpost", abstract: "Run untrusted code in sandboxes.", version: version,
        subcommands: [ServeCommand.self, DoctorCommand.self] + OutpostCommands.subcommands)
}

@main
enum Main {
    /// Parses first and in this thread: what `serve` does with privileges must happen before there is a second one.
    static func main() async {
        do {
            var command = try Outpost.parseAsRoot()
            if let serve = command as? ServeCommand {
                try await serve.run(spawner: try serve.startSpawner())
            } else if let doctor = command as? DoctorCommand {
                try await doctor.run(spawner: doctor.startSpawner())
            } else if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Outpost.exit(withError: error)
        }
    }
}
