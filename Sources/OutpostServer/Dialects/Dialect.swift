// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine

/// One way in which clients speak with the server. Each has its own paths, credentials and errors; what a request goes
/// through between them (`Steps`) is the same for all.
struct Dialect: Sendable {
    /// What its paths begin with, as `/judge0`. The empty one takes every path that no other dialect has.
    let prefixes: [String]
    /// The credential that a request carries, wherever this dialect's clients put it; nil without one.
    let credential: @Sendable (Request) -> Credential?
    /// The answer for an error: its status, its body, and the headers that belong to it.
    let refusal: @Sendable (OutpostError, CallID) -> Answer
    /// Headers of every answer. A step may set one to another value.
    var headers: Headers = []
    /// All calls, with the whole path of each.
    let endpoints: [Endpoint]

    /// How many bytes of `path` one of the prefixes takes; nil when none does.
    func claim(on path: String) -> Int? {
        prefixes.filter { path.utf8.starts(with: $0.utf8) && Self.isWhole($0, in: path) }.map(\.utf8.count).max()
    }

    /// Whether the prefix ends where a segment does.
    private static func isWhole(_ prefix: String, in path: String) -> Bool {
        let rest = path.utf8.dropFirst(prefix.utf8.count)
        return prefix.isEmpty || rest.isEmpty || rest.first == UInt8(ascii: "/")
    }
}
