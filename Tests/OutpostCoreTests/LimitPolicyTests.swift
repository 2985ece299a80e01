// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

struct LimitPolicyTests {
    private let policy = LimitPolicy(
        defaults: .shippedDefaults,
        maxima: ResourceLimits(
            memoryMiB: 1024, cpuCores: 2, timeoutMilliseconds: 60_000, diskMiB: 2048, maxProcesses: 256,
            maxOutputBytes: 1 << 20))

    @Test func testsWithinTheBoundsAreTaken() throws {
        try policy.check([
            JudgeTest(), JudgeTest(timeLimitMilliseconds: 1, memoryLimitMiB: 4),
            JudgeTest(timeLimitMilliseconds: 60_000, memoryLimitMiB: 1024),
        ])
    }

    @Test(arguments: [
        (JudgeTest(timeLimitMilliseconds: 60_001), ErrorCode.unprocessable, Parameter.Name.timeLimit),
        (JudgeTest(timeLimitMilliseconds: 0), .invalidRequest, .timeLimit),
        (JudgeTest(wallTimeLimitMilliseconds: 60_001), .unprocessable, .wallTimeLimit),
        (JudgeTest(wallTimeLimitMilliseconds: 0), .invalidRequest, .wallTimeLimit),
        (JudgeTest(memoryLimitMiB: 1025), .unprocessable, .memoryLimit),
        (JudgeTest(memoryLimitMiB: 3), .invalidRequest, .memoryLimit),
    ]) func aTestsLimitOutOfBoundsIsNamed(_ test: JudgeTest, _ code: ErrorCode, _ name: Parameter.Name) {
        let error = #expect(throws: OutpostError.self) { try policy.check([JudgeTest(), test]) }
        #expect(error?.code == code)
        #expect(error?.details.map(\.parameter) == [Parameter.tests[1] / name])
    }
}
