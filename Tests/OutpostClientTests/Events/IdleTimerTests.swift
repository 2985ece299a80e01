// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostClient

struct IdleTimerTests {
    @Test func itIsOverWhenItHasLasted() async throws {
        let idleTimer = IdleTimer()
        idleTimer.begin()
        let start = ContinuousClock.now
        try await idleTimer.outlast(.milliseconds(20))
        #expect(ContinuousClock.now - start >= .milliseconds(15))
    }

    @Test func theTimeInWhichNobodyWaitsDoesNotCount() async throws {
        let idleTimer = IdleTimer()
        idleTimer.begin()
        idleTimer.end()
        let watch = Task { try await idleTimer.outlast(.milliseconds(1)) }
        // Far longer than what must not end it; on a busy machine this can miss a fault, and never sees one that is not.
        try await Task.sleep(for: .milliseconds(20))
        watch.cancel()
        await #expect(throws: CancellationError.self) { try await watch.value }
    }
}
