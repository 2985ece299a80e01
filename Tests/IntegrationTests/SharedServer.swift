// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostTesting
import Testing

/// Starts one server before a suite and ends it after the suite, with the search for what it left on the host.
struct SharedServer: SuiteTrait, TestScoping {
    @TaskLocal private static var current: ServerFixture?

    /// Suites run side by side, so a program of half a second may need more than the 30 s that are the default. Below the
    /// time after which the client of the tests gives up.
    static let timeoutMilliseconds = 100_000

    /// The server of the suite that runs.
    static var server: ServerFixture {
        get throws { try #require(current, "the test is not in a suite with .sharedServer") }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await DataDirectory.withTemporary { directory in
            let file = directory.path + ".yaml"
            let settings = "limits: {defaults: {timeout_ms: \(Self.timeoutMilliseconds)}}"
            try settings.write(toFile: file, atomically: true, encoding: .utf8)
            try await ServerFixture.withServer(on: directory, arguments: ["--config", file]) { server in
                try await Self.$current.withValue(server) { try await function() }
            }
        }
    }
}

extension Trait where Self == SharedServer {
    static var sharedServer: Self { Self() }
}
