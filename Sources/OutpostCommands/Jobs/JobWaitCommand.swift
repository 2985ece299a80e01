// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore

/// `outpost job wait`.
struct JobWaitCommand: ServerCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a job ends, and end as its program did.",
        discussion: """
            Standard output, standard error and the exit code are the program's, as outpost run has them. An interrupt \
            ends the waiting, not the job. The server may be restarted meanwhile.
            """)

    @Argument(help: "The job's id.", transform: jobID)
    var id: JobID

    @OptionGroup var global: GlobalOptions

    func run(with client: OutpostClient) async throws {
        try await JobWait(client, id).ended().deliver(json: global.json, memoryLimit: nil)
    }
}
