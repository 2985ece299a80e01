// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostTesting
import Testing

extension IntegrationTests {
    /// A part of the server that stands still is named, and in the end the whole is given up.
    struct WatchdogTests {
        @Test func aSpawnerThatStandsStillIsNamedUntilItGoesOnAndEndsTheServerWhenItDoesNot() async throws {
            try await DataDirectory.withTemporary { directory in
                try await ServerFixture.withServer(on: directory, ending: .killed) { server in
                    let spawner = try #require(
                        try HostProcesses.descendant(of: server.process.id, mentioning: "spawner-worker"))
                    // What stands still hears no other end.
                    defer { kill(spawner, SIGKILL) }
                    #expect(kill(spawner, SIGSTOP) == 0)
                    try await expectReadiness(503, of: server)
                    let refused = try await server.api.send("GET", "/readyz")
                    #expect(refused.text.contains("spawner"), "\(refused.text)")
                    #expect(try await server.api.send("GET", "/healthz").status == 200)
                    #expect(kill(spawner, SIGCONT) == 0)
                    try await expectReadiness(200, of: server)
                    #expect(kill(spawner, SIGSTOP) == 0)
                    // Thirty rounds of a second each, and more on a machine that has other things to do.
                    let hasEnded = try await eventually {
                        !HostProcesses.isRunning(server.process.id)
                    }
                    #expect(hasEnded, "the server goes on without its spawner")
                }
            }
        }

        private func expectReadiness(_ status: Int, of server: ServerFixture) async throws {
            let isSo = try await eventually {
                try await server.api.send("GET", "/readyz").status == status
            }
            #expect(isSo, "/readyz never answered \(status)")
        }
    }
}
