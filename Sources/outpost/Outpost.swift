// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Dispatch
import OutpostCommands
import OutpostLinux

/// The command line: the server, and the commands that call a server.
struct Outpost: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "outpost", abstract: "Run untrusted code in sandboxes.", version: version,
        subcommands: [ServeCommand.self, DoctorCommand.self] + OutpostCommands.subcommands + [CompletionsCommand.self])
}

/// The start of the process.
@main
enum Main {
    /// Parses the arguments and starts the spawner while the process has one thread. A thread inherits its privileges
    /// from the thread that makes it, and later threads must not have any (capabilities(7)).
    static func main() {
        StandardStreams.openClosed()
        ProcessMemory.mapLargeBlocks()
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

    /// Runs a command that needs no privileges.
    private static func run() async throws {
        var command = try Outpost.parseAsRoot()
        if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    }

    /// Runs `body` and ends the process with its exit code.
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
