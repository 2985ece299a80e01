// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTesting

extension ServerFixture {
    /// Runs a command against the server, as its administrator.
    ///
    /// - Parameter words: the command; the options that name the server stand between it and `arguments`.
    func outpost(
        _ words: [String], _ arguments: [String], input: String = ""
    ) async throws -> ServerBinary.CommandResult {
        let connection = ["--url", "http://127.0.0.1:\(port)", "--token", try dataDirectory.adminToken()]
        return try await ServerBinary.run(words + connection + arguments, input: input)
    }
}
