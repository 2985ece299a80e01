// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// How far a sandbox is shut off.
struct SecurityOptions: ParsableArguments {
    @Option(help: "The user of its programs: sandbox, or root without capabilities.")
    var user: SandboxUser?

    @Option(help: "The rules for its programs: default, strict or debug.")
    var preset: SecurityPreset?

    @Flag(help: "Turn off the system call filter. The server must allow this.")
    var noSeccomp = false

    @Option(help: "The isolation: namespaces, gvisor or microvm. The server refuses one that it does not have.")
    var isolation: Isolation?

    /// Nil when nothing is asked for.
    var request: SecurityRequest? {
        guard user != nil || preset != nil || isolation != nil || noSeccomp else { return nil }
        return SecurityRequest(
            seccompEnabled: !noSeccomp, user: user ?? .sandbox, preset: (preset ?? .default).rawValue,
            isolation: isolation)
    }
}
