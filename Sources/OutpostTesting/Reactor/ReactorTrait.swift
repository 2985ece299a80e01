// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
public import Testing

/// Starts the reactor before a test that is isolated to it: without its thread such a test would never begin.
public struct ReactorTrait: SuiteTrait, TestTrait, TestScoping {
    public let isRecursive = true

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try Reactor.start()
        try await function()
    }
}

extension Trait where Self == ReactorTrait {
    public static var reactor: ReactorTrait { ReactorTrait() }
}
