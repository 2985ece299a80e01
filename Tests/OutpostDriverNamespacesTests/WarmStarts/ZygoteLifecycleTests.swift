// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostDriverNamespaces

/// Every state and every event, those that must not happen too.
struct ZygoteLifecycleTests {
    typealias Event = ZygoteLifecycle.Event
    typealias State = ZygoteLifecycle.State

    private static func lifecycle(after events: [Event]) -> ZygoteLifecycle {
        var lifecycle = ZygoteLifecycle()
        for event in events { _ = lifecycle.handle(event) }
        return lifecycle
    }

    @Test(
        arguments: [
            ([], .forked, .serving(forks: 1, children: 1), false),
            ([], .childEnded, .serving(forks: 0, children: 0), false),
            ([], .retired, .ended, true), ([], .died, .ended, true),
            ([.forked], .forked, .serving(forks: 2, children: 2), false),
            ([.forked], .childEnded, .serving(forks: 1, children: 0), false),
            ([.forked], .retired, .retired(children: 1), false), ([.forked], .died, .ended, true),
            ([.forked, .childEnded], .retired, .ended, true),
            ([.forked, .retired], .forked, .retired(children: 2), false),
            ([.forked, .retired], .childEnded, .ended, true),
            ([.forked, .retired], .retired, .retired(children: 1), false),
            ([.forked, .retired], .died, .ended, true),
            ([.forked, .forked, .retired], .childEnded, .retired(children: 1), false),
            ([.died], .forked, .ended, false), ([.died], .childEnded, .ended, false),
            ([.died], .retired, .ended, false),
            ([.died], .died, .ended, false),
        ] as [([Event], Event, State, Bool)])
    func anEventLeadsToAState(before: [Event], event: Event, after: State, goes: Bool) {
        var lifecycle = Self.lifecycle(after: before)
        #expect(lifecycle.handle(event) == goes)
        #expect(lifecycle.state == after)
    }

    @Test func onlyOneThatServesCountsItsCopies() {
        #expect(Self.lifecycle(after: [.forked, .forked, .childEnded]).forks == 2)
        #expect(Self.lifecycle(after: [.forked, .retired]).forks == nil)
        #expect(Self.lifecycle(after: [.died]).forks == nil)
    }
}
