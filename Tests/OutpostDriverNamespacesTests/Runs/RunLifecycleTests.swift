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
    private static let stops: [RunLifecycle.Stop] = [.wallTime, .processorTime, .outputLimit, .cancelled]

    private static func lifecycle(after events: Event...) -> RunLifecycle {
        var lifecycle = RunLifecycle()
        for event in events { _ = lifecycle.take(event) }
        return lifecycle
    }

    @Test(arguments: endings)
    func aProgramThatEndsByItselfIsOver(ending: RunLifecycle.Ending) {
        var lifecycle = RunLifecycle()
        #expect(lifecycle.isRunning)
        #expect(lifecycle.take(.ended(ending)) == .finish(ending))
        #expect(lifecycle.ending == ending && lifecycle.stop == nil && !lifecycle.isOutOfMemory)
    }

    @Test(arguments: stops, stops)
    func theFirstReasonCountsAndItIsKilledOnce(first: RunLifecycle.Stop, second: RunLifecycle.Stop) {
        var lifecycle = RunLifecycle()
        #expect(lifecycle.take(.stopped(first)) == .kill)
        #expect(lifecycle.take(.stopped(second)) == nil)
        #expect(lifecycle.stop == first && lifecycle.ending == nil && !lifecycle.isRunning)
        #expect(lifecycle.take(.ended(.signalled(9))) == .finish(.signalled(9)))
        #expect(lifecycle.stop == first)
    }

    @Test(arguments: stops)
    func memoryAndAReasonStandBesideEachOther(stop: RunLifecycle.Stop) {
        for events in [[Event.outOfMemory, .stopped(stop)], [.stopped(stop), .outOfMemory]] {
            var lifecycle = RunLifecycle()
            #expect(lifecycle.take(events[0]) == .kill)
            #expect(lifecycle.take(events[1]) == nil)
            #expect(lifecycle.stop == stop && lifecycle.isOutOfMemory)
        }
        var lifecycle = Self.lifecycle(after: .outOfMemory)
        #expect(lifecycle.take(.outOfMemory) == nil)
        #expect(lifecycle.stop == nil && lifecycle.isOutOfMemory)
    }

    @Test(arguments: [Event.stopped(.wallTime), .outOfMemory, .ended(.exited(0)), .ended(.sandboxDied)])
    func afterTheEndNothingChanges(event: Event) {
        for before in [
            Self.lifecycle(after: .ended(.exited(7))), Self.lifecycle(after: .stopped(.cancelled), .ended(.exited(7))),
        ] {
            var lifecycle = before
            #expect(lifecycle.take(event) == nil)
            #expect(lifecycle == before)
        }
    }
}
