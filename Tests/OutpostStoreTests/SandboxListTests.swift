// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

struct SandboxListTests {
    @Test func filtersNarrowThePageAndTheTotal() async throws {
        try await withStores { stores in
            try await stores.sandboxes.insert(.sample(name: "a", language: "go", mode: .ephemeral, status: .ready))
            try await stores.sandboxes.insert(.sample(name: "b", language: "go", mode: .stateful, status: .paused))
            try await stores.sandboxes.insert(.sample(name: "c", language: "bash", mode: .stateful, status: .ready))
            func names(
                status: SandboxStatus? = nil, language: String? = nil, mode: SandboxMode? = nil
            ) async throws -> [String?] {
                let page = try await stores.sandboxes.list(
                    SandboxQuery(
                        namespace: .default, status: status, language: language, mode: mode, sort: .name,
                        descending: false))
                #expect(page.total == page.sandboxes.count)
                return page.sandboxes.map(\.name)
            }
            #expect(try await names() == ["a", "b", "c"])
            #expect(try await names(status: .ready) == ["a", "c"])
            #expect(try await names(language: "go") == ["a", "b"])
            #expect(try await names(mode: .stateful) == ["b", "c"])
            #expect(try await names(status: .ready, language: "go", mode: .ephemeral) == ["a"])
            #expect(try await names(status: .failed) == [])
            #expect(try await names(language: "' OR 1=1 --") == [])
        }
    }

    @Test func everySortGoesBothWays() async throws {
        try await withStores { stores in
            try await stores.sandboxes.insert(.sample(name: "b", createdAt: .second(1), lastUsedAt: .second(9)))
            try await stores.sandboxes.insert(.sample(name: nil, createdAt: .second(2), lastUsedAt: .second(7)))
            try await stores.sandboxes.insert(.sample(name: "a", createdAt: .second(3), lastUsedAt: .second(8)))
            let ascending: [SandboxSort: [String?]] = [
                .createdAt: ["b", nil, "a"], .lastUsedAt: [nil, "a", "b"], .name: [nil, "a", "b"],
            ]
            for sort in SandboxSort.allCases {
                for descending in [false, true] {
                    let page = try await stores.sandboxes.list(
                        SandboxQuery(namespace: .default, sort: sort, descending: descending))
                    let expected = try #require(ascending[sort])
                    #expect(page.sandboxes.map(\.name) == (descending ? expected.reversed() : expected))
                }
            }
        }
    }

    @Test func pagesCoverEqualsExactlyOnce() async throws {
        try await withStores { stores in
            for _ in 0..<7 { try await stores.sandboxes.insert(.sample()) }
            var seen: [SandboxID] = []
            for offset in [0, 3, 6, 9] {
                let page = try await stores.sandboxes.list(
                    SandboxQuery(namespace: .default, offset: offset, limit: 3))
                #expect(page.total == 7)
                seen += page.sandboxes.map(\.id)
            }
            #expect(seen.count == 7)
            #expect(Set(seen).count == 7)
        }
    }
}
