// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine

/// One HTTP API of the server. Each dialect has its own paths, credentials and errors. The steps (folder `Steps`) that
/// a request passes are the same for all.
struct Dialect: Sendable {
    /// The beginnings of the dialect's paths, such as `/judge0`. The empty prefix takes all other paths.
    let prefixes: [String]
    /// Returns the credential of a request, from the place where this dialect has it; nil when there is none.
    let credential: @Sendable (Request) -> Credential?
    /// Returns the answer for an error: status, body and the headers of the error.
    let refusal: @Sendable (OutpostError, CallID) -> Answer
    /// The headers of every answer. A step can replace one.
    var headers: Headers = []
    /// All calls. Their paths include the prefix.
    let endpoints: [Endpoint]

    /// Returns the length in bytes of the longest prefix of `path`; nil when no prefix fits.
    func claim(on path: String) -> Int? {
        prefixes.filter { path.utf8.starts(with: $0.utf8) && Self.isWhole($0, in: path) }.map(\.utf8.count).max()
    }

    /// Whether the prefix ends at the end of a segment of `path`.
    private static func isWhole(_ prefix: String, in path: String) -> Bool {
        let rest = path.utf8.dropFirst(prefix.utf8.count)
        return prefix.isEmpty || rest.isEmpty || rest.first == UInt8(ascii: "/")
    }
}
