// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostTesting
import Testing

extension IntegrationTests {
    @Suite(.serialized) struct SlowClients {
        private static let megabytes = 30
        private static let code = """
            {"language": "python", "code": "print('x' * (\(megabytes) << 20))", \
            "resource_limits": {"max_output_bytes": 33554432}}
            """

        /// The answers are far larger than what the kernel holds for a connection, and take three idle timeouts. A timeout
        /// is longer than a client that reads steadily is kept from the processor.
        @Test func largeAnswersThatAreTakenSteadilyAreGivenToTheirEnd() async throws {
            try await DataDirectory.withTemporary { directory in
                let configuration = directory.path + ".yaml"
                try Data("idle_timeout_secs: 10\n".utf8).write(to: URL(fileURLWithPath: configuration))
                try await ServerFixture.withServer(on: directory, arguments: ["--config", configuration]) { server in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for connection in ["keep-alive", "close"] {
                            group.addTask { try await Self.takeSteadily(connection, server) }
                        }
                        try await group.waitForAll()
                    }
                }
            }
        }

        /// A client that asks for the end of the connection, and reads the answer only after it has sent its whole body.
        @Test(arguments: ["close", "keep-alive"]) func aRefusalComesToWhoSendsAllFirst(connection: String) async throws
        {
            let server = try SharedServer.server
            let size = 14 << 20
            let head = """
                POST \(server.api.sandboxPath("/execute")) HTTP/1.1\r
                Host: localhost\r
                Authorization: Bearer bad\r
                Content-Type: application/json\r
                Content-Length: \(size)\r
                Connection: \(connection)\r
                \r

                """
            let answer = try await RawConnection.exchange(
                port: server.port, Array(head.utf8) + [UInt8](repeating: 0x20, count: size))
            #expect(String(decoding: answer.prefix(64), as: UTF8.self).hasPrefix("HTTP/1.1 401"))
        }

        private static func takeSteadily(_ connection: String, _ server: ServerFixture) async throws {
            let request = """
                POST \(server.api.sandboxPath("/execute")) HTTP/1.1\r
                Host: localhost\r
                Authorization: \(server.api.authorization ?? "")\r
                Content-Type: application/json\r
                Content-Length: \(code.utf8.count)\r
                Connection: \(connection)\r
                \r
                \(code)
                """
            let answer = try await RawConnection.exchange(
                port: server.port, Array(request.utf8), bytesPerSecond: (megabytes << 20) / 30)
            let head = String(decoding: answer.prefix(2048), as: UTF8.self)
            #expect(head.hasPrefix("HTTP/1.1 200"), "\(connection): \(head)")
            #expect(answer.count > megabytes << 20, "\(connection)")
            #expect(answer.last == UInt8(ascii: "}"), "\(connection)")
        }
    }
}
