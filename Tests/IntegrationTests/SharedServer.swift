// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTesting
import Testing

/// Starts one server before a suite and ends it after the suite, with the search for what it left on the host.
struct SharedServer: SuiteTrait, TestScoping {
    @TaskLocal private static var current: ServerFixture?

    /// The server of the suite that runs.
    static var server: ServerFixture {
        get throws { try #require(current, "the test is not in a suite with .sharedServer") }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await ServerFixture.withServer { server in
            try await Self.$current.withValue(server) { try await function() }
        }
    }
}

extension Trait where Self == SharedServer {
    static var sharedServer: Self { Self() }
}
