// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import OutpostLinux

/// Calls that block have threads of their own, but not more than the limit.
struct BlockingPoolTests {
    /// How many calls run, and how many have at most.
    private final class Gauge: Sendable {
        private let counts = Mutex((running: 0, most: 0))

        var running: Int { counts.withLock { $0.running } }
        var most: Int { counts.withLock { $0.most } }

        func enter() { counts.withLock { $0 = ($0.running + 1, max($0.most, $0.running + 1)) } }
        func leave() { counts.withLock { $0.running -= 1 } }
    }

    @Test func noMoreThanTheLimitRunAtOneTimeAndAllRun() async throws {
        let pool = BlockingPool(limit: 3)
        let gauge = Gauge()
        let started = try Descriptor.pipe()
        let gate = try Descriptor.pipe()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...12 {
                group.addTask {
                    try await pool.run {
                        gauge.enter()
                        try started.write.writeAll([1])
                        var byte: [UInt8] = [0]
                        _ = try gate.read.read(into: &byte)
                        gauge.leave()
                        return number
                    }
                }
            }
            // Three have started and wait; each byte lets one of them go and the next one start.
            try Self.take(3, from: started.read)
            #expect(gauge.running == 3)
            for _ in 0..<9 {
                try gate.write.writeAll([1])
                try Self.take(1, from: started.read)
            }
            try gate.write.writeAll([1, 1, 1])
            return try await group.reduce(0, +)
        }
        #expect(sum == 78)
        #expect(gauge.most == 3)
    }

    private static func take(_ count: Int, from pipe: Descriptor) throws {
        var byte: [UInt8] = [0]
        for _ in 0..<count { _ = try pipe.read(into: &byte) }
    }

    @Test func anErrorReachesTheCallerAndThePoolGoesOn() async throws {
        let pool = BlockingPool(limit: 1)
        await #expect(throws: SystemError("work", number: 5)) {
            try await pool.run { throw SystemError("work", number: 5) }
        }
        #expect(try await pool.run { 7 } == 7)
    }

    /// A thread may be called in the very moment in which it gives up waiting: no call is lost, and none too many runs.
    @Test func aThreadThatWaitsForMoreTakesEveryCall() async throws {
        let pool = BlockingPool(limit: 2, idleMilliseconds: 1)
        let gauge = Gauge()
        for round in 0..<400 {
            let pair = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        try await pool.run {
                            gauge.enter()
                            gauge.leave()
                            return 1
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(pair == 2)
            try await Task.sleep(for: .microseconds(900 + round % 20 * 10))
        }
        #expect(gauge.most <= 2)
    }
}
