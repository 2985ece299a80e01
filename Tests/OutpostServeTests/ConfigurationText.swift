// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostTesting
import Testing

@testable import outpost

/// Calls `body` with the path of a configuration file with this text.
func withFile<Value>(_ text: String, _ body: (String) async throws -> Value) async throws -> Value {
    try await TemporaryDirectory.with { directory in
        let path = "\(directory)/outpost.yaml"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return try await body(path)
    }
}

/// Reads a configuration file with this text.
func configuration(_ text: String) async throws -> ConfigurationFile {
    try await withFile(text) { try ConfigurationFile(path: $0) }
}

/// What a configuration file with this text is refused with.
func refusal(of text: String) async throws -> OutpostError {
    let error = await #expect(throws: OutpostError.self, "\(text)") { _ = try await configuration(text) }
    return try #require(error)
}
