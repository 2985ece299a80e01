// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostEngine
import OutpostLinux

/// The first token, which the server makes for its operator. It has the scope `admin` and never expires.
struct AdminToken {
    /// The file with the token.
    let path: String

    /// Makes the token and its file when the file does not exist. Revokes the token of a lost file.
    ///
    /// - Throws: `internal` when the file cannot be written. There is no token then.
    func ensure(_ tokens: TokenService) async throws(OutpostError) {
        if exists(path) { return }
        do throws(OutpostError) {
            try await tokens.delete(.personalAccessToken, named: "admin")
        } catch {
            if error.code != .notFound { throw error }
        }
        let secret = try await tokens.create(
            .personalAccessToken, name: "admin", namespace: .default, scopes: [.admin], plan: .unlimited,
            expiresInDays: nil)
        do throws(SystemError) {
            let draft = path + ".new"
            try removeEntry(draft)
            let file = try Descriptor.open(draft, [.writeOnly, .create, .exclusive], mode: 0o600)
            try file.writeAll(Array((secret.text + "\n").utf8))
            try renameFile(draft, to: path)
        } catch {
            try await tokens.delete(.personalAccessToken, named: "admin")
            throw OutpostError(.internal, "the admin token cannot be written to \(path)", cause: error)
        }
    }
}
