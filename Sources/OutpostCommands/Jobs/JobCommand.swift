// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `outpost job`.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Queue programs, and see their results.",
        subcommands: [
            JobSubmitCommand.self, JobStatusCommand.self, JobWaitCommand.self, JobLogsCommand.self,
            JobCancelCommand.self, JobListCommand.self, JobSecretCommand.self,
        ])
}
