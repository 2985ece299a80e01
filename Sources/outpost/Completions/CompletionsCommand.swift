// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `outpost completions SHELL`: prints the script that completes this program's commands in a shell.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the shell's script that completes outpost's commands.",
        discussion: """
            Try it in the shell that you use now:
              source <(outpost completions bash)
              source <(outpost completions zsh)
              outpost completions fish | source
            """)

    /// The shells that the argument parser knows.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        var script: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: Shell

    func run() throws { print(Outpost.completionScript(for: shell.script)) }
}
