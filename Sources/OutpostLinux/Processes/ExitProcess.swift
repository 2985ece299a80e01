// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Ends the process, after what was printed has been handed on.
public func exitProcess(_ code: Int32) -> Never { exit(code) }

/// Writes a line to standard error and ends the process at once, without running exit handlers.
public func exitProcess(_ code: Int32, message: String) -> Never {
    let line = message + "\n"
    _ = line.withCString { Glibc.write(2, $0, strlen($0)) }
    _exit(code)
}
