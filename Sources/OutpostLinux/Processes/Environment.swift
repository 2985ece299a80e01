// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The environment variables of this process.
public struct Environment {
    /// The current environment.
    public init() {}

    /// The value of a variable. Nil when it is not set or empty.
    public subscript(name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}

/// The working directory of this process; `/` if the kernel cannot tell it.
public func currentDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
}

/// Flushes the standard output. The C library does not flush a pipe at the end of a line.
public func flushStandardOutput() { fflush(nil) }

/// Flushes the standard output and ends the process.
public func exitProcess(_ code: Int32) -> Never { exit(code) }

/// Writes a line to standard error and ends the process at once. Runs no exit handlers.
public func exitProcess(_ code: Int32, message: String) -> Never {
    let line = message + "\n"
    _ = line.withCString { Glibc.write(2, $0, strlen($0)) }
    _exit(code)
}
