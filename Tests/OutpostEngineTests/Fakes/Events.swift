// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTesting
import Testing

/// What has happened, in order; a test waits for it instead of sleeping.
actor Events {
    private(set) var list: [String] = []
    private var waiters: [(event: String, count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    func record(_ event: String) {
        list.append(event)
        let reached = waiters.filter { count($0.event) >= $0.count }
        waiters.removeAll { count($0.event) >= $0.count }
        for waiter in reached { waiter.continuation.resume() }
    }

    func count(_ event: String) -> Int { list.count { $0 == event } }

    /// Returns when `event` has happened `times` times.
    func wait(for event: String, times: Int = 1) async {
        guard count(event) < times else { return }
        await withCheckedContinuation { waiters.append((event, times, $0)) }
    }
}

/// Returns when `condition` holds, which some other task brings about. Fails the test, and returns, when that takes so long
/// that it hangs.
func waitUntil(
    sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async -> Bool
) async {
    do {
        if try await eventually(condition) { return }
        Issue.record("what the test waits for does not come", sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
