// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// The isolation of a sandbox.
struct SecurityOptions: ParsableArguments {
    @Option(help: "The user of the programs: sandbox, or root without capabilities.")
    var user: SandboxUser?

    @Option(help: "The rules for the programs: default, strict or debug.")
    var preset: SecurityPreset?

    @Flag(help: "Turn off the system call filter. The server must allow this.")
    var noSeccomp = false

    @Option(help: "The isolation: namespaces, gvisor or microvm. The server refuses one that it does not have.")
    var isolation: Isolation?

    /// The isolation for a request; nil when no option is given.
    var request: SecurityRequest? {
        guard user != nil || preset != nil || isolation != nil || noSeccomp else { return nil }
        return SecurityRequest(
            seccompEnabled: !noSeccomp, user: user ?? .sandbox, preset: (preset ?? .default).rawValue,
            isolation: isolation)
    }
}
