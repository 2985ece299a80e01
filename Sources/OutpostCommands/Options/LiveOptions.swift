// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// The options of every command that runs a program and waits for it.
struct LiveOptions: ParsableArguments {
    @Option(
        help: "The id of the run, such as exec_0123456789ab. It must be unused. (default: from the server)",
        transform: executionID)
    var id: ExecutionID?

    @Flag(help: "Let the run go on when this command is interrupted or loses its connection.")
    var detach = false

    /// Adds the options to `request`.
    func apply(to request: inout ExecutionRequest) {
        request.id = id
        request.detach = detach
    }
}
