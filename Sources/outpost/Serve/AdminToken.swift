// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostEngine
import OutpostLinux

/// The first token, which the server makes for its operator. It has the scope `admin` and never expires.
struct AdminToken {
    /// The file with the token.
    let path: String

    /// Makes the token and its file when the file does not exist. Revokes the token of a lost file. A file with a token
    /// that is not valid stays: the operator may have revoked the token. The log says how to get a new one.
    ///
    /// - Throws: `internal` when the file cannot be read or written. Without a file there is no token then.
    func ensure(_ tokens: TokenService, logger: Logger) async throws(OutpostError) {
        guard !exists(path) else {
            if try await !isValid(tokens) {
                logger.warning(
                    "the token in the file is not valid; to get a new admin token, remove the file and start the server again",
                    metadata: ["file": "\(path)"])
            }
            return
        }
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
            throw OutpostError(.internal, "the admin token cannot be written to \(path): \(error)", cause: error)
        }
    }

    private func isValid(_ tokens: TokenService) async throws(OutpostError) -> Bool {
        let text: String
        do throws(SystemError) {
            text = String(decoding: try readFile(path, limit: 4096), as: UTF8.self)
        } catch {
            throw OutpostError(.internal, "the admin token cannot be read from \(path): \(error)", cause: error)
        }
        guard let credential = Credential(token: text.filter { !$0.isWhitespace }) else { return false }
        return await tokens.isValid(credential)
    }
}
