// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing

extension DriverConformance {
    static let ports = [
        DriverConformance("bytes to a port and back", needs: .ports) { driver in
            try await driver.withSandbox { sandbox in
                for (port, address) in [(8080, "127.0.0.1"), (8081, "::1")] {
                    try await Self.talk(sandbox, driver, port, address)
                }
            }
        },
        DriverConformance("a port without a listener", needs: .ports) { driver in
            try await driver.withSandbox { sandbox in
                for (port, code) in [(9, ErrorCode.unavailable), (0, .invalidRequest), (65_536, .invalidRequest)] {
                    do {
                        _ = try await sandbox.connect(port: port)
                        throw ConformanceFailure("a connection to port \(port)")
                    } catch let error as OutpostError {
                        try expect(error.code == code, "\(error)")
                    }
                }
            }
        },
    ]

    @Reactor private static func talk(
        _ sandbox: any RunningSandbox, _ driver: DriverUnderTest, _ port: Int, _ address: String
    ) async throws {
        let heard = CollectingListener()
        let server = try await sandbox.start(driver.program(.serve(port: port, address: address)), listener: heard)
        await heard.wait { $0.bytes[.stdout] == Array("ready".utf8) || $0.hasEnded }
        let connection = try await sandbox.connect(port: port)
        let content = ConformanceProgram.pattern(min(700_000, driver.largest))
        let reading = Task {
            var bytes: [UInt8] = []
            while let part = try await connection.next() { bytes += part }
            return bytes
        }
        try await connection.write(content)
        connection.endWriting()
        try expect(try await reading.value == content, "other bytes came back")
        let exit = try await server.wait().get()
        try expect(exit.end == .exited(0), "\(exit.end)")
    }
}
