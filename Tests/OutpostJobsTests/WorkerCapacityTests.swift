// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

@testable import OutpostJobs

struct WorkerCapacityTests {
    private let room = WorkerCapacity(JobClaim(worker: "w", limit: 3, leaseMilliseconds: 1000))

    @Test func noMoreIsReservedThanThereIs() {
        #expect(room.reserve(2)?.limit == 2)
        #expect(room.reserve(.max)?.limit == 1)
        #expect(room.reserve(1) == nil)
        room.release(1)
        room.recordTurn(of: .default)
        #expect(room.reserve(5) == JobClaim(worker: "w", limit: 1, leaseMilliseconds: 1000, after: .default))
    }

    @Test func aWorkerThatStopsOrPausesClaimsNothing() {
        room.pause(until: ContinuousClock.now + .seconds(3600))
        #expect(room.reserve(1) == nil)
        room.pause(until: ContinuousClock.now)
        #expect(room.reserve(1) != nil)
        room.stop()
        #expect(room.reserve(1) == nil && room.isStopping)
    }

    @Test func aJobThatCameDuringAClaimIsNotForgotten() {
        let before = room.arrivals
        #expect(room.recordArrival())
        room.recordEmptyQueue(since: before)
        #expect(!room.isQueueEmpty)
        room.recordEmptyQueue(since: room.arrivals)
        #expect(room.isQueueEmpty)
        _ = room.reserve(3)
        #expect(!room.recordArrival())
        #expect(!room.isQueueEmpty)
    }
}
