// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostTesting
import Testing

@testable import OutpostCommands

@Suite struct BoundedReadingTests {
    private func refusal(_ body: () throws -> Void) -> OutpostError? {
        #expect(throws: OutpostError.self) { try body() }
    }

    @Test func aFileUpToTheLimitIsReadWhole() async throws {
        let content = [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
        try await TemporaryDirectory.with { folder in
            let path = folder + "/file"
            try Data(content).write(to: URL(fileURLWithPath: path))
            #expect(try BoundedReading.bytes(ofFile: path, limit: content.count) == content)
            let error = refusal { _ = try BoundedReading.bytes(ofFile: path, limit: content.count - 1) }
            #expect(error?.message == "\(path) is longer than 199999 bytes, and no server accepts more")
        }
    }

    @Test func aFileWithoutAnEndIsRefused() {
        let error = refusal { _ = try BoundedReading.bytes(ofFile: "/dev/zero", limit: 100_000) }
        #expect(error?.message == "/dev/zero is longer than 100000 bytes, and no server accepts more")
    }

    @Test func aFileThatCannotBeReadIsSaid() {
        let error = refusal { _ = try BoundedReading.bytes(ofFile: "/no/such") }
        #expect(error?.message == "cannot read /no/such: No such file or directory")
        #expect(refusal { _ = try BoundedReading.bytes(ofFile: "/") }?.message == "cannot read /: Is a directory")
    }
}
