// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The exit codes that mean one thing in every command. Those of a program that was run are its own.
extension ExitCode {
    /// The command line is wrong.
    static let usage = ExitCode(2)
    /// The run took longer than it may, as `timeout` has it.
    static let timedOut = ExitCode(124)
    /// The service failed, not the program.
    static let serviceFault = ExitCode(125)
    /// The run used more memory than it may: 128 and the number of SIGKILL, as shells have it.
    static let outOfMemory = ExitCode(137)

    /// For a program that the signal `number` ended.
    static func signal(_ number: Int32) -> ExitCode { ExitCode(128 + number) }
}
