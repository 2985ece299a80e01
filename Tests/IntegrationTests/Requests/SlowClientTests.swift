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

        /// The answer is far larger than what the kernel holds for a connection, and takes several idle timeouts.
        @Test(arguments: ["keep-alive", "close"])
        func aLargeAnswerThatIsTakenSteadilyIsGivenToItsEnd(connection: String) async throws {
            try await DataDirectory.withTemporary { directory in
                let configuration = directory.path + ".yaml"
                try Data("idle_timeout_secs: 3\n".utf8).write(to: URL(fileURLWithPath: configuration))
                try await ServerFixture.withServer(on: directory, arguments: ["--config", configuration]) { server in
                    let request = """
                        POST \(server.api.sandboxPath("/execute")) HTTP/1.1\r
                        Host: localhost\r
                        Authorization: \(server.api.authorization ?? "")\r
                        Content-Type: application/json\r
                        Content-Length: \(Self.code.utf8.count)\r
                        Connection: \(connection)\r
                        \r
                        \(Self.code)
                        """
                    let answer = try await RawConnection.exchange(
                        port: server.port, Array(request.utf8), bytesPerSecond: (Self.megabytes << 20) / 12)
                    let head = String(decoding: answer.prefix(2048), as: UTF8.self)
                    #expect(head.hasPrefix("HTTP/1.1 200"), "\(head)")
                    #expect(answer.count > Self.megabytes << 20)
                    #expect(answer.last == UInt8(ascii: "}"))
                }
            }
        }
    }
}
