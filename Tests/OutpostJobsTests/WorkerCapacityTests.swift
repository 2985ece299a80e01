// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

@testable import OutpostJobs

struct WorkerCapacityTests {
    private let capacity = WorkerCapacity(JobClaim(worker: "w", limit: 3, leaseMilliseconds: 1000))

    @Test func aReservationIsNeverLargerThanTheFreeCapacity() {
        #expect(capacity.reserve(2)?.limit == 2)
        #expect(capacity.reserve(.max)?.limit == 1)
        #expect(capacity.reserve(1) == nil)
        capacity.release(1)
        capacity.recordTurn(of: .default)
        #expect(capacity.reserve(5) == JobClaim(worker: "w", limit: 1, leaseMilliseconds: 1000, after: .default))
    }

    @Test func aWorkerThatStopsOrPausesClaimsNothing() {
        capacity.pause(until: ContinuousClock.now + .seconds(3600))
        #expect(capacity.reserve(1) == nil)
        capacity.pause(until: ContinuousClock.now)
        #expect(capacity.reserve(1) != nil)
        capacity.stop()
        #expect(capacity.reserve(1) == nil && capacity.isStopping)
    }

    @Test func aJobThatArrivesDuringAClaimIsNotMissed() {
        let before = capacity.arrivals
        #expect(capacity.recordArrival())
        capacity.recordEmptyQueue(since: before)
        #expect(!capacity.isQueueEmpty)
        capacity.recordEmptyQueue(since: capacity.arrivals)
        #expect(capacity.isQueueEmpty)
        _ = capacity.reserve(3)
        #expect(!capacity.recordArrival())
        #expect(!capacity.isQueueEmpty)
    }
}
