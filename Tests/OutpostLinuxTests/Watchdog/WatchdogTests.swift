// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import OutpostLinux

/// What the watchdog asks, tells and does, round by round.
struct WatchdogTests {
    /// A part of the server that answers or not.
    private final class Part: Sendable {
        let answers = Mutex<[@Sendable () -> Void]>([])
        let isSilent = Mutex(false)

        func subject(_ name: String) -> Watchdog.Subject {
            Watchdog.Subject(name, in: .thread) { [self] answer in
                if isSilent.withLock({ $0 }) { answers.withLock { $0.append(answer) } } else { answer() }
            }
        }

        func answer() {
            isSilent.withLock { $0 = false }
            let waiting = answers.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for answer in waiting { answer() }
        }
    }

    private final class Log: Sendable {
        let events = Mutex<[Watchdog.Event]>([])
        let ends = Mutex(0)

        func watchdog(_ subjects: [Watchdog.Subject], notifier: ServiceNotifier? = nil) -> Watchdog {
            Watchdog(
                subjects, notifier: notifier, onEvent: { event in self.events.withLock { $0.append(event) } },
                end: { self.ends.withLock { $0 += 1 } })
        }

        var names: [String] {
            events.withLock { events in
                events.map { event in
                    switch event {
                    case .stalled(let name, _): "stalled \(name)"
                    case .recovered(let name): "recovered \(name)"
                    case .gaveUp(let name): "gave up \(name)"
                    }
                }
            }
        }
    }

    @Test func onlyWhatStandsStillIsNamedUntilItGoesOn() {
        let (reactor, spawner, log) = (Part(), Part(), Log())
        let watchdog = log.watchdog([reactor.subject("reactor"), spawner.subject("spawner")])
        spawner.isSilent.withLock { $0 = true }
        for _ in 0..<Vital.stall { watchdog.round() }
        #expect(watchdog.stalled == [])
        watchdog.round()
        #expect(watchdog.stalled == ["spawner"])
        spawner.answer()
        #expect(watchdog.stalled == [])
        #expect(log.names == ["stalled spawner", "recovered spawner"])
        #expect(log.ends.withLock { $0 } == 0)
    }

    @Test func theStackOfTheThreadThatAnsweredBeforeIsTold() {
        let (part, log) = (Part(), Log())
        let watchdog = log.watchdog([part.subject("part")])
        watchdog.round()
        part.isSilent.withLock { $0 = true }
        for _ in 0...Vital.stall { watchdog.round() }
        guard case .stalled(_, let stack) = log.events.withLock({ $0.first }) else {
            Issue.record("no stall was told")
            return
        }
        #expect(!stack.isEmpty && !stack.contains("?"), "\(stack)")
    }

    @Test func theProcessEndsWhenOnePartNeverAnswers() {
        let (part, other, log) = (Part(), Part(), Log())
        let watchdog = log.watchdog([part.subject("part"), other.subject("other")])
        part.isSilent.withLock { $0 = true }
        for _ in 0..<Vital.end { watchdog.round() }
        #expect(log.ends.withLock { $0 } == 0)
        watchdog.round()
        #expect(log.ends.withLock { $0 } == 1)
        #expect(log.names == ["stalled part", "gave up part"])
    }

    @Test func theServiceManagerHearsOfEachRoundUntilThen() throws {
        let (path, receiver) = try notifySocket()
        let notifier = try #require(ServiceNotifier(path: path))
        notifier.isReady()
        let (part, log) = (Part(), Log())
        let watchdog = log.watchdog([part.subject("part")], notifier: notifier)
        part.isSilent.withLock { $0 = true }
        // A socket takes no more than ten messages that nobody has read (max_dgram_qlen, proc_sys_net(5)).
        var texts: [String] = []
        for _ in 0...Vital.end {
            watchdog.round()
            texts += try receiver.texts()
        }
        notifier.isStopping()
        texts += try receiver.texts()
        #expect(texts.first == "READY=1")
        #expect(texts.last == "STOPPING=1")
        #expect(texts.count { $0 == "WATCHDOG=1" } == Vital.end, "not in the round in which it gave up")
    }

    @Test(arguments: ["", "/nonexistent/socket", String(repeating: "x", count: 200)])
    func aServiceManagerThatCannotBeReachedIsNone(path: String) {
        #expect(ServiceNotifier(path: path) == nil)
        #expect(ServiceNotifier(path: nil) == nil)
    }
}
