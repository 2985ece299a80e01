// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct SandboxListQueryTests {
    @Test func nothingSaidMeansTheNewestTwenty() throws {
        let query = try SandboxListQuery(query: [])
        #expect(query == SandboxListQuery())
        #expect(query.list == ListQuery(page: 1, perPage: 20, sort: .createdAt, order: .descending))
        #expect(query.list.offset == 0)
    }

    @Test func everyParameterIsTakenAndWrittenBack() throws {
        let query = SandboxListQuery(
            list: ListQuery(page: 3, perPage: 100, sort: .lastUsedAt, order: .ascending), status: .ready,
            language: "c++", mode: .stateful)
        #expect(query.list.offset == 200)
        #expect(try SandboxListQuery(query: query.pairs) == query)
    }

    @Test(arguments: [
        ("page", "0", "must be at least 1"), ("page", "-1", "must be at least 1"),
        ("page", "x", "must be an integer, not a string"), ("page", "", "must be an integer, not a string"),
        ("page", "1.0", "must be an integer, not a string"),
        ("page", "99999999999999999999", "must fit 64 bits"),
        ("page", "1000000001", "must be at most 1000000000"), ("per_page", "0", "must be at least 1"),
        ("per_page", "101", "must be at most 100"), ("sort", "id", "must be one of created_at, last_used_at, name"),
        ("order", "up", "must be one of asc, desc"), ("mode", "x", "must be one of ephemeral, stateful"),
        (
            "status", "gone",
            "must be one of creating, ready, running, paused, unhealthy, failed, deleting"
        ),
        ("language", "", "must not be empty"), ("limit", "3", "is not a known field"),
    ])
    func aBadParameterIsNamed(name: String, value: String, problem: String) {
        let error = #expect(throws: OutpostError.self) { try SandboxListQuery(query: [(name: name, value: value)]) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.fields == [FieldProblem(field: name, problem: problem)])
    }

    @Test func aParameterIsGivenOnce() {
        let error = #expect(throws: OutpostError.self) {
            try SandboxListQuery(query: [(name: "page", value: "1"), (name: "page", value: "1")])
        }
        #expect(error?.message == "page is given twice")
    }

    @Test func aLongNameIsCutShortInTheAnswer() {
        let name = String(repeating: "n", count: 1000)
        let error = #expect(throws: OutpostError.self) {
            try SandboxListQuery(query: [(name: name, value: "1"), (name: name, value: "1")])
        }
        #expect(error?.message == String(repeating: "n", count: 64) + "… is given twice")
    }

    @Test func aPageIsCutOutOfAWholeList() throws {
        let names = (1...5).map {
            LanguageReply(
                name: "l\($0)", aliases: [], version: nil, image: "host", available: false, installHint: "apt install x"
            )
        }
        let query = ListQuery<LanguageSortField>(page: 2, perPage: 2)
        let page = Page(slicing: names, query)
        #expect(page.items.map(\.name) == ["l3", "l4"])
        #expect(page.total == 5)
        #expect(try Page<LanguageReply>(reply: page.json.bytes) == page)
        #expect(Page(slicing: names, ListQuery<LanguageSortField>(page: 1_000_000_000, perPage: 100)).items.isEmpty)
    }
}
