// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// This process's environment.
public struct Environment {
    public init() {}

    /// The value of a variable; nil when it is not set or empty.
    public subscript(name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}

/// The working directory of this process; `/` when it is out of reach.
public func currentDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
}

/// Hands on what was printed: a pipe is not flushed at a line's end.
public func flushStandardOutput() { fflush(nil) }
