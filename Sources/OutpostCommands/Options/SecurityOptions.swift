// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// How far a sandbox is shut off.
struct SecurityOptions: ParsableArguments {
    @Option(help: "Who its programs are: sandbox, or root, who has no capability.")
    var user: SandboxUser?

    @Option(help: "What its programs may do: default, strict or debug.")
    var preset: SecurityPreset?

    @Flag(help: "Without the filter of system calls. The server must allow it.")
    var noSeccomp = false

    @Option(help: "What holds them in: namespaces, gvisor or microvm. The server refuses what it cannot do.")
    var isolation: Isolation?

    /// Nil when nothing is asked for.
    var request: SecurityRequest? {
        guard user != nil || preset != nil || isolation != nil || noSeccomp else { return nil }
        return SecurityRequest(
            seccompEnabled: !noSeccomp, user: user ?? .sandbox, preset: (preset ?? .default).rawValue,
            isolation: isolation)
    }
}
