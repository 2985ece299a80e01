// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore

extension SandboxProcess {
    /// The exit code of a command that followed the process: that of the process, or 128 plus its signal.
    var commandExitCode: ExitCode {
        switch (status, cause) {
        case (_, .timedOut): .timedOut
        case (_, .outOfMemory): .outOfMemory
        case (.lost, _): .serviceFault
        case (.signalled, _): signal.flatMap(signalNumber).map(ExitCode.signal) ?? .failure
        case (.exited, _), (.running, _): ExitCode(Int32(truncatingIfNeeded: exitCode ?? 0))
        }
    }

    /// What a command that followed the process says about its end; nil when the exit code says all.
    var endNote: String? {
        switch (status, cause) {
        case (.lost, .serverStopped): "the server stopped, and the process is lost"
        case (.lost, _): "the sandbox ended, and the process is lost"
        case (_, .timedOut): "timed out"
        case (_, .outOfMemory): "out of memory"
        case (_, .diskFull): "disk full"
        case (_, .cancelled): "the process was killed by a call"
        default: nil
        }
    }

    /// Ends a command that followed the process.
    ///
    /// - Parameter isJSON: whether to print the process.
    /// - Throws: the exit code, unless it is 0.
    func deliver(json isJSON: Bool) throws {
        if isJSON { try Output.print(json) } else if let endNote { Output.warn("outpost: \(endNote)") }
        guard commandExitCode.isSuccess else { throw commandExitCode }
    }
}
