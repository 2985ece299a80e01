// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
public import Testing

/// Starts the reactor before a test that is isolated to it. Without the reactor's thread the test would never begin.
public struct ReactorTrait: SuiteTrait, TestTrait, TestScoping {
    /// It applies to all tests of a suite.
    public let isRecursive = true

    /// Starts the reactor and runs the test.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try Reactor.start()
        try await function()
    }
}

extension Trait where Self == ReactorTrait {
    /// The trait for tests that are isolated to the reactor.
    public static var reactor: ReactorTrait { ReactorTrait() }
}
