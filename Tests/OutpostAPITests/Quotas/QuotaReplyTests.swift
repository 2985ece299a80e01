// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

/// Quotas go over the wire as they are.
struct QuotaReplyTests {
    private static let reply = QuotaReply(
        namespace: .default,
        quotas: [.init(name: "max_sandboxes", limit: 5, used: 2), .init(name: "disk_mb", limit: nil, used: 0)],
        share: NamespaceShare(cpuWeight: 50, cpuCores: 1.5, maxProcesses: nil, memoryMiB: 64))

    @Test func whatIsWrittenIsRead() throws {
        #expect(try QuotaReply(reply: Self.reply.json.bytes) == Self.reply)
        #expect(
            String(decoding: Self.reply.json.bytes, as: UTF8.self) == """
                {"namespace":"default","quotas":[{"name":"max_sandboxes","limit":5,"used":2},\
                {"name":"disk_mb","limit":null,"used":0}],"share":{"cpu_weight":50,"cpu_cores":1.5,\
                "max_processes":null,"memory_mb":64}}
                """)
    }

    @Test func aQueryNamesANamespaceOrNone() throws {
        #expect(try QuotaQuery(query: []).namespace == nil)
        let named = try QuotaQuery(query: [("namespace", "team-a")])
        #expect(named.namespace == NamespaceName("team-a"))
        #expect(named.pairs.map(\.value) == ["team-a"])
        #expect(throws: OutpostError.self) { try QuotaQuery(query: [("namespace", "Not A Name")]) }
    }
}
