// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostClient

struct PatienceTests {
    private static let margin: Int64 = 600

    private func patience(timeout: Int? = nil, tests: [JudgeTest]? = nil) -> Int64 {
        var request = ExecutionRequest(program: .command(["true"]))
        request.timeoutMilliseconds = timeout
        request.judge = tests.map { JudgeRequest(tests: $0) }
        return request.patience - Self.margin
    }

    @Test(
        arguments: [
            (nil, 3600), (0, 1), (1, 1), (30_000, 31), (86_400_000, 86_401), (604_800_000, 604_800), (.max, 604_800),
            (-5, 1),
        ] as [(Int?, Int64)]) func aRunIsWaitedForAsLongAsItMayTake(timeout: Int?, seconds: Int64)
    {
        #expect(patience(timeout: timeout) == seconds)
    }

    @Test func theTestsOfAJudgeRunOneAfterAnother() {
        let test = JudgeTest(timeLimitMilliseconds: 2000)
        #expect(patience(tests: [test, test, test]) == 3 * 8)
        #expect(patience(timeout: 10_000, tests: [test, JudgeTest()]) == 8 + 11)
        #expect(patience(tests: [JudgeTest(wallTimeLimitMilliseconds: 60_000)]) == 61)
        #expect(patience(tests: Array(repeating: JudgeTest(timeLimitMilliseconds: .max), count: 100)) == 604_800)
    }
}
