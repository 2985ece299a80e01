// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostEngine

/// Every state and every event, those that must not happen too.
struct InstanceLifecycleTests {
    private typealias Lifecycle = InstanceLifecycle<String>

    /// A lifecycle in each state, with the number of its instance; "a" where it has one.
    private static func inEachState() -> [(lifecycle: Lifecycle, number: Int, name: String)] {
        var starting = Lifecycle()
        _ = starting.ask()
        var up = starting
        up.started(1, "a")
        var leaving = up
        _ = leaving.leave()
        return [(Lifecycle(), 0, "down"), (starting, 1, "starting"), (up, 1, "up"), (leaving, 1, "leaving")]
    }

    @Test func whoAsksStartsJoinsUsesOrWaits() {
        var seen: [String] = []
        for (start, _, name) in Self.inEachState() {
            var lifecycle = start
            switch lifecycle.ask() {
            case .start(1): seen.append("\(name): start")
            case .join: seen.append("\(name): join")
            case .use("a", 1): seen.append("\(name): use")
            case .wait("a", 1): seen.append("\(name): wait")
            default: Issue.record("another way")
            }
        }
        #expect(seen == ["down: start", "starting: join", "up: use", "leaving: wait"])
    }

    @Test func oneThatHasComeUpIsUsed() {
        for (start, number, name) in Self.inEachState() {
            var lifecycle = start
            lifecycle.started(number, "b")
            #expect(lifecycle.instance == ["down": nil, "starting": "b", "up": "a", "leaving": nil][name])
            if case .starting = lifecycle.state { Issue.record("\(name): it is still starting") }
        }
    }

    @Test func oneThatCouldNotBeBroughtUpIsGivenBackOnce() {
        for (start, number, name) in Self.inEachState() {
            var lifecycle = start
            let (first, second) = (lifecycle.failed(number), lifecycle.failed(number))
            #expect(first == (name == "starting") && !second)
        }
    }

    @Test func onlyOneThatIsUpIsEnded() {
        for (start, _, name) in Self.inEachState() {
            var lifecycle = start
            let (first, second) = (lifecycle.leave(), lifecycle.leave())
            #expect(first?.instance == (name == "up" ? "a" : nil) && second?.number == nil && lifecycle.instance == nil)
        }
    }

    @Test func theEndCountsOnceWhetherItWasAskedForOrNot() {
        for (start, number, name) in Self.inEachState() {
            var lifecycle = start
            let (first, second) = (lifecycle.ended(number), lifecycle.ended(number))
            #expect(first == (name == "up" || name == "leaving") && !second)
        }
    }

    @Test func whatIsSaidOfAnEarlierInstanceChangesNothing() {
        var lifecycle = Lifecycle()
        _ = lifecycle.ask()
        lifecycle.started(1, "a")
        let hasEnded = lifecycle.ended(1)
        guard case .start(2) = lifecycle.ask() else {
            Issue.record("it has no number of its own")
            return
        }
        let late = (lifecycle.failed(1), lifecycle.ended(1))
        #expect(hasEnded && !late.0 && !late.1)
        lifecycle.started(1, "a")
        guard case .starting(2) = lifecycle.state else {
            Issue.record("what is said of the first changed the second")
            return
        }
        lifecycle.started(2, "b")
        let again = lifecycle.ended(1)
        #expect(lifecycle.instance == "b" && !again)
    }
}
