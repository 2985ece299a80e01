// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The option of commands that a paused sandbox refuses.
struct ResumeOption: ParsableArguments {
    @Flag(help: "End a pause of the sandbox first.")
    var resume = false
}

/// A command that a paused sandbox refuses.
protocol ResumingCommand: ServerCommand {
    var pause: ResumeOption { get }
}

extension ResumingCommand {
    var resumesSandboxes: Bool { pause.resume }
}
