// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import OutpostCommands
import OutpostLinux

/// Runs untrusted code: the server, and the commands that talk to one.
struct Outpost: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "outpost", abstract: "Run untrusted code in sandboxes.", version: version,
        subcommands: [ServeCommand.self, DoctorCommand.self] + OutpostCommands.subcommands)
}

@main
enum Main {
    /// Parses first and in the only thread there is: what `serve` does with privileges, and that it gives them up, must
    /// hold for every thread that comes after.
    static func main() {
        do {
            switch try Outpost.parseAsRoot() {
            case let serve as ServeCommand:
                let spawner = try serve.startSpawner()
                finish { try await serve.run(spawner: spawner) }
            case let doctor as DoctorCommand:
                let spawner = try doctor.startSpawner()
                finish { try await doctor.run(spawner: spawner) }
            default: finish { try await run() }
            }
        } catch {
            exitProcess(OutpostCommands.report(error, in: Outpost.self))
        }
    }

    /// Runs the command that the arguments name, which wants nothing before there are threads.
    private static func run() async throws {
        var command = try Outpost.parseAsRoot()
        if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    }

    /// Runs `body` to its end and ends the process with its exit code.
    private static func finish(_ body: @escaping @Sendable () async throws -> Void) -> Never {
        Task {
            do {
                try await body()
                exitProcess(0)
            } catch {
                exitProcess(OutpostCommands.report(error, in: Outpost.self))
            }
        }
        dispatchMain()
    }
}
