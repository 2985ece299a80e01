// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostClient

@Suite struct LostConnectionTests {
    /// A socket that listens on a free port of the loopback address.
    private struct Listener {
        let descriptor: Int32
        let port: UInt16

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let isBound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, size) == 0 && listen(descriptor, 4) == 0
                        && getsockname(descriptor, $0, &size) == 0
                }
            }
            try #require(isBound)
            port = UInt16(bigEndian: address.sin_port)
        }

        /// Accepts one connection, reads a little, and resets the connection. Another thread does it, because it blocks.
        func resetNext() {
            let descriptor = descriptor
            Thread.detachNewThread {
                let connection = accept(descriptor, nil, nil)
                var bytes = [UInt8](repeating: 0, count: 100)
                _ = read(connection, &bytes, bytes.count)
                var reset = linger(l_onoff: 1, l_linger: 0)
                setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
                close(connection)
            }
        }
    }

    private func failure(_ port: UInt16, stdin: [UInt8]) async throws -> OutpostError? {
        let configuration = try OutpostClient.Configuration(url: "http://127.0.0.1:\(port)")
        let request = ExecuteRequest(
            language: "bash", execution: ExecutionRequest(program: .code("cat", language: nil), stdin: stdin))
        return await #expect(throws: OutpostError.self) {
            try await OutpostClient.withConnection(configuration) { try await $0.execute(request) }
        }
    }

    @Test(arguments: [20 << 20, 200_000_000]) func aServerThatEndsALargeCallIsNotSaidToBeGone(size: Int) async throws {
        let listener = try Listener()
        defer { close(listener.descriptor) }
        listener.resetNext()
        let error = try await failure(listener.port, stdin: [UInt8](repeating: 0x61, count: size))
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("ended the connection before it answered; the body of \(size / 1000)") == true)
        #expect(error?.message.contains("bytes may be larger than the server accepts") == true)
    }

    @Test func aSmallCallIsNotSaidToBeTooLarge() async throws {
        let listener = try Listener()
        defer { close(listener.descriptor) }
        listener.resetNext()
        let error = try await failure(listener.port, stdin: [])
        #expect(error?.message == "http://127.0.0.1:\(listener.port) ended the connection before it answered")
    }

    @Test func noServerIsOneWithoutAConnection() async throws {
        let listener = try Listener()
        close(listener.descriptor)
        let error = try await failure(listener.port, stdin: [UInt8](repeating: 0x61, count: 1 << 20))
        #expect(error?.message.hasPrefix("no server answers at http://127.0.0.1:\(listener.port)") == true)
    }
}
