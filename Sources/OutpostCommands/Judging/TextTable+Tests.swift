// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension TextTable {
    /// One row for each test of a judge, in the order of the request. The first test is number 1.
    init(tests: [TestResult]) {
        self.init(
            header: ["TEST", "VERDICT", "TIME", "MEMORY", "MESSAGE"],
            rows: tests.enumerated().map { index, test in
                [
                    String(index + 1), test.verdict.rawValue, test.time, test.memory, test.message ?? Self.absent,
                ]
            })
    }
}

extension TestResult {
    /// Whether the program ran. Without a run there is nothing measured.
    private var hasRun: Bool { verdict != .skipped && verdict != .compileError }

    /// The wall time of the program.
    fileprivate var time: String { hasRun ? "\(Int(durationMilliseconds.rounded())) ms" : TextTable.absent }

    /// The most memory that the test used, rounded up.
    fileprivate var memory: String {
        hasRun ? "\((memoryPeakBytes + (1 << 20) - 1) >> 20) MiB" : TextTable.absent
    }
}
