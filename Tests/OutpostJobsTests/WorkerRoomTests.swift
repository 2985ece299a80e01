// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

@testable import OutpostJobs

struct WorkerRoomTests {
    private let room = WorkerRoom(JobClaim(worker: "w", limit: 3, leaseMilliseconds: 1000))

    @Test func noMoreIsReservedThanThereIs() {
        #expect(room.reserve(2)?.limit == 2)
        #expect(room.reserve(.max)?.limit == 1)
        #expect(room.reserve(1) == nil)
        room.giveBack(1)
        room.note(turn: .default)
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
        #expect(room.noteArrival())
        room.noteEmpty(since: before)
        #expect(!room.isQueueEmpty)
        room.noteEmpty(since: room.arrivals)
        #expect(room.isQueueEmpty)
        _ = room.reserve(3)
        #expect(!room.noteArrival())
        #expect(!room.isQueueEmpty)
    }
}
