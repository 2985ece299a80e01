// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostTesting
import OutpostWire
import Synchronization
import Testing

@testable import OutpostDriverNamespaces

/// The server asks for a search while something waits for long, and hears what was found.
@Suite(.reactor)
struct CrowdWatchTests {
    private final class Reports: Sendable {
        let all = Mutex<[CrowdReport]>([])
    }

    @Reactor
    private struct Fixture {
        let watch: CrowdWatch
        let supervisor: MessageSocket
        let reports = Reports()

        init() throws {
            let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
            supervisor = theirs
            watch = CrowdWatch(ours, base: "outpost-1") { [reports] report in
                reports.all.withLock { $0.append(report) }
            }
            try watch.open()
            try theirs.descriptor.setNonBlocking()
        }

        /// The requests that have come.
        func requests() throws -> Int {
            var count = 0
            while case .message(let bytes, _) = try supervisor.receive(limit: 100) {
                #expect(bytes == Array("outpost-1".utf8))
                count += 1
            }
            return count
        }

        /// Waits until timers of this length have fired.
        func pass(milliseconds: UInt64) async {
            await withCheckedContinuation { done in
                _ = Reactor.schedule(afterNanoseconds: milliseconds * 1_000_000) { done.resume() }
            }
        }
    }

    @Test @Reactor func aLongWaitIsAskedAboutAgainAndAgain() async throws {
        let fixture = try Fixture()
        let number = fixture.watch.begin()
        #expect(try fixture.requests() == 0)
        var seen = 0
        while seen < 3 {
            await fixture.pass(milliseconds: 50)
            seen += try fixture.requests()
        }
        fixture.watch.end(number)
        _ = try fixture.requests()
        await fixture.pass(milliseconds: 120)
        #expect(try fixture.requests() == 0)
    }

    @Test @Reactor func aShortWaitIsNotAskedAbout() async throws {
        let fixture = try Fixture()
        for _ in 1...1000 { fixture.watch.end(fixture.watch.begin()) }
        await fixture.pass(milliseconds: 120)
        #expect(try fixture.requests() == 0)
    }

    @Test @Reactor func aReportIsHeardAndSaysWhat() async throws {
        let fixture = try Fixture()
        let stopped = CrowdReport.stopped(tenant: "a", threads: 63, place: "rtnl_dumpit", milliseconds: 2000)
        for report in [stopped, .failed("no proc")] { _ = try fixture.supervisor.send(report.encoded[...]) }
        while fixture.reports.all.withLock({ $0.count }) < 2 { await fixture.pass(milliseconds: 1) }
        #expect(fixture.reports.all.withLock { $0 } == [stopped, .failed("no proc")])
        #expect(stopped.sentence.contains("63 threads of the namespace a") && stopped.sentence.contains("2000 ms"))
        #expect(CrowdReport.failed("no proc").sentence.contains("no proc"))
    }

    @Test @Reactor func aMessageOfAnotherFormEndsTheWatch() async throws {
        let fixture = try Fixture()
        _ = try fixture.supervisor.send([9, 9][...])
        await fixture.pass(milliseconds: 20)
        _ = fixture.watch.begin()
        await fixture.pass(milliseconds: 150)
        #expect(try fixture.requests() == 0)
        #expect(fixture.reports.all.withLock { $0.isEmpty })
    }
}
