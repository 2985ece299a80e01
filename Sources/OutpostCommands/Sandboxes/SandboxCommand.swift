// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `outpost sandbox`.
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox", abstract: "Create sandboxes, run programs in them, and delete them.",
        subcommands: [
            SandboxLaunchCommand.self, SandboxListCommand.self, SandboxStatusCommand.self, SandboxExecCommand.self,
            SandboxShellCommand.self, SandboxPSCommand.self, ProcessCommand.self, SandboxContextCommand.self,
            SandboxExecutionsCommand.self, SandboxDeleteCommand.self,
            SandboxCopyCommand.self, SandboxListFilesCommand.self, SandboxCatCommand.self, SandboxPutCommand.self,
            SandboxRemoveFileCommand.self, SandboxMakeFolderCommand.self, SandboxMoveFileCommand.self,
            SandboxLinkFileCommand.self, SandboxWatchCommand.self,
            SandboxUpdateCommand.self, SandboxPauseCommand.self,
            SandboxResumeCommand.self, SandboxSnapshotCommand.self, SandboxForkCommand.self, SandboxLogsCommand.self,
            SandboxEventsCommand.self, SandboxTopCommand.self,
        ])
}
