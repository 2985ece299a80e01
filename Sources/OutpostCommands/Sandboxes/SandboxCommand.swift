// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `outpost sandbox`.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "Create sandboxes, run programs in them, and delete them.",
        subcommands: [
            SandboxLaunchCommand.self, SandboxListCommand.self, SandboxStatusCommand.self, SandboxExecCommand.self,
            SandboxExecutionsCommand.self, SandboxUpdateCommand.self, SandboxPauseCommand.self,
            SandboxResumeCommand.self, SandboxSnapshotCommand.self, SandboxForkCommand.self, SandboxLogsCommand.self,
            SandboxEventsCommand.self, SandboxTopCommand.self, SandboxDeleteCommand.self,
        ])
}
