// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost job wait`.
struct JobWaitCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a job ends, and end with its program's exit code.",
        discussion: """
            The command prints the program's output and ends with its exit code, as outpost run does. An interrupt stops \
            the waiting, not the job. The server may restart while the command waits.
            """)

    @Argument(help: "The job's id.", transform: jobID)
    var id: JobID

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await JobWait(client, id).ended().deliver(json: global.json, limits: .init())
    }
}
