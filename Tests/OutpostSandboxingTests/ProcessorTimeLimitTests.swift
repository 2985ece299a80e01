// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostSandboxing

/// A program is looked at seldom, and yet soon after it has reached its limit.
struct ProcessorTimeLimitTests {
    struct Program: Sendable, CustomTestStringConvertible {
        let limit: Int
        let cores: Double
        let hostCores: Int
        /// Cores' worth that it uses.
        let rate: Double
        let mostLooks: Int
        var testDescription: String { "\(limit) ms, \(cores) of \(hostCores) cores, uses \(rate)" }
    }

    static let programs = [
        Program(limit: 1, cores: 1, hostCores: 1, rate: 1, mostLooks: 4),
        Program(limit: 100, cores: 1, hostCores: 1, rate: 1, mostLooks: 4),
        Program(limit: 1000, cores: 1, hostCores: 2, rate: 1, mostLooks: 12),
        Program(limit: 10_000, cores: 1, hostCores: 2, rate: 1, mostLooks: 12),
        Program(limit: 3_600_000, cores: 1, hostCores: 2, rate: 1, mostLooks: 12),
        Program(limit: 1000, cores: 2, hostCores: 2, rate: 2, mostLooks: 6),
        Program(limit: 2000, cores: 0.5, hostCores: 8, rate: 0.5, mostLooks: 30),
        Program(limit: 1000, cores: 1, hostCores: 64, rate: 1, mostLooks: 40),
        Program(limit: 100_000, cores: 64, hostCores: 64, rate: 64, mostLooks: 6),
        Program(limit: 60_000, cores: 64, hostCores: 64, rate: 1, mostLooks: 300),
        Program(limit: 1000, cores: 1, hostCores: 2, rate: 0.4, mostLooks: 24),
        Program(limit: 1000, cores: 0.01, hostCores: 2, rate: 0.01, mostLooks: 24),
    ]

    @Test(arguments: programs) func aLimitIsSeenSoonAfterItIsReachedByFewLooks(program: Program) {
        let limit = ProcessorTimeLimit(milliseconds: program.limit, cores: program.cores, hostCores: program.hostCores)
        var elapsed: UInt64 = 0
        var looks = 0
        while looks < 10_000, let pause = limit.nextLook(used: used(program, elapsed), elapsed: elapsed) {
            elapsed += pause
            looks += 1
        }
        #expect(looks <= program.mostLooks)
        let excess = Double(used(program, elapsed)) - Double(program.limit) * 1000
        #expect(excess > 0)
        #expect(excess <= 50_100 * program.rate, "\(excess) us")
    }

    private func used(_ program: Program, _ elapsed: UInt64) -> UInt64 {
        UInt64(Double(elapsed) / 1000 * program.rate)
    }

    @Test func whatSleepsForAnHourIsLookedAtTwentyTimesASecondAtMost() {
        let limit = ProcessorTimeLimit(milliseconds: 1, cores: 1, hostCores: 64)
        var elapsed: UInt64 = 0
        var looks = 0
        while elapsed < 3_600_000_000_000, let pause = limit.nextLook(used: 0, elapsed: elapsed) {
            elapsed += pause
            looks += 1
        }
        #expect(looks < 73_000)
    }

    @Test func noLookComesBeforeTheLimitCanHaveBeenReachedOnAllCores() {
        let limit = ProcessorTimeLimit(milliseconds: 1000, cores: 1, hostCores: 4)
        // Nothing but a whole period's quota at its end and another at the next's start comes quicker than its share.
        #expect(limit.nextLook(used: 0, elapsed: 0) == 800_000_000)
        #expect(limit.nextLook(used: 800_000, elapsed: 800_000_000) == 50_000_000)
        #expect(limit.nextLook(used: 1_000_000, elapsed: 0) == 1_000_000)
        #expect(limit.nextLook(used: 1_000_001, elapsed: 0) == nil)
    }
}
