// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

/// `outpost quota` for people.
struct QuotaTableTests {
    @Test func eachQuotaHasARow() {
        let reply = QuotaReply(
            namespace: .default,
            quotas: [.init(name: "max_sandboxes", limit: 5, used: 2), .init(name: "disk_mb", limit: nil, used: 7)],
            share: NamespaceShare(cpuWeight: 50, cpuCores: 1.5))
        #expect(
            TextTable(quotas: reply).lines == [
                "QUOTA          USED  LIMIT", "max_sandboxes  2     5", "disk_mb        7     -",
                "cpu_weight     -     50", "cpu_cores      -     1.5", "max_processes  -     -",
                "memory_mb      -     -",
            ])
    }
}
