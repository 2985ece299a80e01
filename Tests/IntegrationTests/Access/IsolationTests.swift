// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// A namespace's minimum, over HTTP.
    @Suite(.serialized) struct IsolationMinimum {
        private static let settings = """
            pool: {ceiling: 0}
            isolation:
              minimum: namespaces
              namespaces:
                team-a: {minimum: microvm}
            """

        private func withServer(_ body: (APIClient) async throws -> Void) async throws {
            try await DataDirectory.withTemporary { directory in
                let file = directory.path + ".yaml"
                try Self.settings.write(toFile: file, atomically: true, encoding: .utf8)
                try await ServerFixture.withServer(on: directory, arguments: ["--config", file]) { server in
                    try await body(server.api)
                }
                try FileManager.default.removeItem(atPath: file)
            }
        }

        @Test func aClientGetsWhatItAsksForOrHearsWhyNot() async throws {
            try await withServer { api in
                let body: JSONValue = ["language": "bash", "code": "echo well"]
                func answer(_ namespace: String, _ security: JSONValue) async throws -> Answer {
                    let path = api.sandboxPath("/execute").replacing("/default/", with: "/\(namespace)/")
                    return try await api.send("POST", path, json: body.adding(["security": security]))
                }
                for security: JSONValue in [[:], ["isolation": "namespaces"], ["jailer_enabled": false]] {
                    #expect(try await answer("default", security).status == 200)
                }
                for isolation in ["gvisor", "microvm"] {
                    let refused = try await answer("default", ["isolation": .string(isolation)])
                    #expect(refused.status == 422)
                    let error = try refused.error()
                    #expect(error.details.map(\.field) == ["security.isolation"])
                    #expect(error.message.contains("this version has no driver for \(isolation)"))
                }
                let contradiction = try await answer("default", ["jailer_enabled": true, "isolation": "namespaces"])
                #expect(contradiction.status == 400)
                let less = try await answer("team-a", ["isolation": "gvisor"])
                #expect(less.status == 403)
                #expect(try less.error().message.contains("needs at least microvm"))
                let none = try await answer("team-a", [:])
                #expect(none.status == 422)
                #expect(try none.error().message.contains("the minimum of the namespace team-a"))
            }
        }
    }
}
