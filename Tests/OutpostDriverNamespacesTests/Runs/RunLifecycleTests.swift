// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// Every state and every event, those that must not happen too.
struct RunLifecycleTests {
    typealias Event = RunLifecycle.Event
    typealias Effect = RunLifecycle.Effect

    private static let refused = RunLifecycle.Ending.refused(.execute, position: 0, errno: 2, detail: "execute x")
    private static let endings: [RunLifecycle.Ending] = [
        .exited(0), .exited(137), .signalled(9), refused, .sandboxDied,
    ]

    private static func lifecycle(after events: Event...) -> RunLifecycle {
        var lifecycle = RunLifecycle()
        for event in events { _ = lifecycle.handle(event) }
        return lifecycle
    }

    @Test(arguments: endings)
    func aProgramThatEndsByItselfIsOver(ending: RunLifecycle.Ending) {
        var lifecycle = RunLifecycle()
        #expect(lifecycle.handle(.ended(ending)) == .finish(ending))
        #expect(lifecycle.ending == ending && !lifecycle.isOutOfMemory)
    }

    @Test(arguments: [Event.killed, .outOfMemory], [Event.killed, .outOfMemory])
    func itIsKilledOnceWhateverTheReasons(first: Event, second: Event) {
        var lifecycle = RunLifecycle()
        #expect(lifecycle.handle(first) == .kill)
        #expect(lifecycle.handle(second) == nil)
        #expect(lifecycle.ending == nil && lifecycle.isOutOfMemory == [first, second].contains(.outOfMemory))
        #expect(lifecycle.handle(.ended(.signalled(9))) == .finish(.signalled(9)))
    }

    @Test(arguments: [Event.killed, .outOfMemory, .ended(.exited(0)), .ended(.sandboxDied)])
    func afterTheEndNothingChanges(event: Event) {
        for before in [
            Self.lifecycle(after: .ended(.exited(7))), Self.lifecycle(after: .killed, .ended(.exited(7))),
        ] {
            var lifecycle = before
            #expect(lifecycle.handle(event) == nil)
            #expect(lifecycle == before)
        }
    }
}
