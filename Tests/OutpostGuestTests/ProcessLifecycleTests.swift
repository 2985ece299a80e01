// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostGuest
@testable import OutpostLinux

/// Every state and every event, those that must not happen too.
struct ProcessLifecycleTests {
    typealias Event = ProcessLifecycle.Event
    private static let failure = ChildProcess.Failure(step: 3, number: 2)
    private static let events: [Event] = [
        .executed, .stepFailed(failure), .reaped(.code(0)), .reaped(.code(7)), .reaped(.signal(9)),
    ]

    private static func lifecycle(after events: Event...) -> ProcessLifecycle {
        var lifecycle = ProcessLifecycle()
        for event in events { _ = lifecycle.handle(event) }
        return lifecycle
    }

    @Test(
        arguments: zip(
            events,
            [
                [.reportStart], [], [.reportEnd(.code(0)), .cleanUp(hasFailed: false)],
                [.reportEnd(.code(7)), .cleanUp(hasFailed: true)],
                [.reportEnd(.signal(9)), .cleanUp(hasFailed: true)],
            ] as [[ProcessLifecycle.Effect]]))
    func fromStarting(event: Event, effects: [ProcessLifecycle.Effect]) {
        var lifecycle = ProcessLifecycle()
        #expect(lifecycle.handle(event) == effects)
    }

    @Test(
        arguments: zip(
            events,
            [
                [], [], [.reportEnd(.code(0)), .cleanUp(hasFailed: false)],
                [.reportEnd(.code(7)), .cleanUp(hasFailed: true)],
                [.reportEnd(.signal(9)), .cleanUp(hasFailed: true)],
            ] as [[ProcessLifecycle.Effect]]))
    func fromRunning(event: Event, effects: [ProcessLifecycle.Effect]) {
        var lifecycle = Self.lifecycle(after: .executed)
        #expect(lifecycle.state == .running)
        #expect(lifecycle.handle(event) == effects)
    }

    @Test(arguments: events)
    func fromFailed(event: Event) {
        var lifecycle = Self.lifecycle(after: .stepFailed(Self.failure))
        #expect(lifecycle.state == .failed(Self.failure))
        let effects = lifecycle.handle(event)
        if case .reaped = event {
            #expect(effects == [.reportRefusal(Self.failure), .cleanUp(hasFailed: true)])
            #expect(lifecycle.state == .ended)
        } else {
            #expect(effects.isEmpty && lifecycle.state == .failed(Self.failure))
        }
    }

    @Test(arguments: events)
    func afterItsEndNothingIsTold(event: Event) {
        var lifecycle = Self.lifecycle(after: .reaped(.code(0)))
        #expect(lifecycle.handle(event).isEmpty)
        #expect(lifecycle.state == .ended)
    }
}
