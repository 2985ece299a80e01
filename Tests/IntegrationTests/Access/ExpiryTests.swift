// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct TokenExpiry {
        /// A day is the shortest life of a token, so the store is told that it is over while no server runs.
        private static let expire = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1])
            changed = database.execute("UPDATE tokens SET expires_at = created_at + 1 WHERE name = 'short'").rowcount
            database.commit()
            print(changed)
            """

        @Test func anExpiredTokenLetsNobodyIn() async throws {
            try await DataDirectory.withTemporary { directory in
                let authorization = try await ServerFixture.withServer(on: directory) { server in
                    let bearer = try await server.api.asNewToken(TokenRequest(name: "short", expiresInDays: 1))
                    #expect(try await bearer.send("GET", bearer.sandboxPath()).status == 200)
                    return bearer.authorization
                }
                let changed = try await HostCommand.run(
                    "python3", "-c", Self.expire, directory.path + "/outpost.sqlite")
                #expect(changed == "1\n")
                try await ServerFixture.withServer(on: directory) { server in
                    let bearer = server.api.with(authorization: authorization)
                    let answer = try await bearer.send("GET", bearer.sandboxPath())
                    #expect(answer.status == 401)
                    #expect(try answer.error().code == .unauthorized)
                }
            }
        }
    }
}
