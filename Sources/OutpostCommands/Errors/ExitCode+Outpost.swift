// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The exit codes with the same meaning in every command. A program that ran can also exit with these codes.
extension ExitCode {
    /// The command line is wrong.
    static let usage = ExitCode(2)
    /// The run exceeded its time limit, as with timeout(1).
    static let timedOut = ExitCode(124)
    /// The service failed, and not the program.
    static let serviceFault = ExitCode(125)
    /// The run exceeded its memory limit: 128 plus the number of SIGKILL, as in shells.
    static let outOfMemory = ExitCode(137)

    /// Returns the exit code for a program that the signal `number` ended.
    static func signal(_ number: Int32) -> ExitCode { ExitCode(128 + number) }
}
