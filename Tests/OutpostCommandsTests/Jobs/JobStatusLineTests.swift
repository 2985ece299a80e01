// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostClient
import OutpostCore
import Testing

@testable import OutpostCommands

struct JobStatusLineTests {
    private let id = "job_0000000000ab"

    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test func aQueuedJobShowsWholeSeconds() {
        #expect(jobStatusLine(.standing(.queued), now: at(4999), width: 80) == "\(id) queued 3 s")
    }

    @Test func aRunningJobShowsTenths() {
        #expect(jobStatusLine(.standing(.running), now: at(4250), width: 80) == "\(id) running 1.2 s")
    }

    @Test func longTimesAreInMinutesAndHours() {
        #expect(jobStatusLine(.standing(.running), now: at(128_000), width: 80) == "\(id) running 2 min 5 s")
        #expect(jobStatusLine(.standing(.queued), now: at(3_781_000), width: 80) == "\(id) queued 1 h 3 min")
    }

    @Test func aClockThatIsBehindShowsZero() {
        #expect(jobStatusLine(.standing(.running), now: at(0), width: 80) == "\(id) running 0.0 s")
    }

    @Test func attemptsAreCountedWhereThereMayBeSeveral() {
        let retried = Job.standing(.running, attempt: 2, maxAttempts: 3)
        #expect(jobStatusLine(retried, now: at(4250), width: 80) == "\(id) running 1.2 s, attempt 2 of 3")
        let waiting = Job.standing(.queued, attempt: 0, maxAttempts: 3)
        #expect(jobStatusLine(waiting, now: at(4250), width: 80) == "\(id) queued 3 s")
    }

    @Test func theLineStaysWithinTheTerminal() {
        #expect(jobStatusLine(.standing(.queued), now: at(4000), width: 20) == "\(id) qu")
        #expect(jobStatusLine(.standing(.queued), now: at(4000), width: 0) == "")
    }

    @Test func anOutageIsShownUntilTheServerAnswers() {
        let progress = JobProgress(.standing(.queued))
        let error = OutpostError(.unavailable, "no server answers\u{1B}")
        #expect(progress.hear(.failure(error)))
        #expect(!progress.hear(.failure(error)))
        #expect(progress.line(now: at(4000), width: 80) == "\(id) queued 3 s (no server answers?)")
    }

    @Test func nothingIsShownOfAJobThatNothingIsKnownOf() {
        #expect(JobProgress(nil).line(now: at(0), width: 80) == nil)
    }
}
