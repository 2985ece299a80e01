// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostCore

/// A path in a sandbox, written as `ID:PATH`.
struct SandboxPath: Equatable, ExpressibleByArgument {
    let sandbox: SandboxID
    /// Absolute, or relative to the working directory of the sandbox.
    let path: String

    /// Nil for text without the id of a sandbox and a colon before the path.
    init?(argument: String) {
        guard let colon = argument.firstIndex(of: ":"), let id = SandboxID(String(argument[..<colon])) else {
            return nil
        }
        sandbox = id
        let path = String(argument[argument.index(after: colon)...])
        self.path = path.isEmpty ? "." : path
    }

    init(_ path: String, in sandbox: SandboxID) {
        self.sandbox = sandbox
        self.path = path
    }

    /// The path with `name` below it.
    func appending(_ name: String) -> SandboxPath {
        SandboxPath(path.utf8.last == UInt8(ascii: "/") ? path + name : "\(path)/\(name)", in: sandbox)
    }

    var text: String { "\(sandbox):\(path)" }
}

/// Parses `ID:PATH`, or `ID` for its working directory.
func sandboxPath(_ text: String) throws -> SandboxPath {
    if let id = SandboxID(text) { return SandboxPath(".", in: id) }
    guard let path = SandboxPath(argument: text) else {
        throw ValidationError("\"\(text)\" is not a path in a sandbox, such as sbx_0123456789ab:/workspace/file")
    }
    return path
}

/// Returns the last name of a path; nil for a path that has none, such as `/`, `.` and `..`.
func lastName(_ path: String) -> String? {
    guard let last = path.pathComponents.last, last != ".", last != ".." else { return nil }
    return last
}
