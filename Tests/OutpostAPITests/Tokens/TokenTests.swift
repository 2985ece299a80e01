// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

private let base = #"{"name":"ci"}"#

struct TokenTests {
    @Test(arguments: fieldProblems)
    func aBadFieldIsNamed(bad: BadValue) throws {
        #expect(
            refusal(of: try body(base, bad.name, bad.value), as: TokenRequest.self)
                == Refusal(code: .invalidRequest, field: bad.field, problem: bad.problem))
    }

    @Test func theNameIsRequired() {
        #expect(
            refusal(of: "{}", as: TokenRequest.self)
                == Refusal(code: .invalidRequest, field: "name", problem: "is required"))
    }

    @Test func aRequestComesBackAsItWas() throws {
        let full = TokenRequest(
            name: "A.b_c-9", namespace: .default, scopes: [.sandboxRead, .jobWrite], expiresInDays: 30, plan: .team)
        #expect(try TokenRequest(request: full.json.bytes) == full)
        #expect(try TokenRequest(request: Array(base.utf8)) == TokenRequest(name: "ci"))
    }

    @Test func theSecretIsShownOnlyWhereThereIsOne() throws {
        var reply = TokenReply(
            name: "ci", namespace: nil, scopes: [.admin, .sandboxRead], plan: .unlimited,
            createdAt: Timestamp(milliseconds: 0), token: "op_pat_x")
        let golden =
            #"{"name":"ci","namespace":null,"scopes":["sandbox:read","admin"],"plan":"unlimited","#
            + #""created_at":"1970-01-01T00:00:00.000Z","expires_at":null,"last_used_at":null,"token":"op_pat_x"}"#
        #expect(String(decoding: reply.json.bytes, as: UTF8.self) == golden)
        #expect(try TokenReply(reply: reply.json.bytes) == reply)
        reply.token = nil
        reply.namespace = .default
        reply.expiresAt = Timestamp(milliseconds: 1)
        reply.lastUsedAt = Timestamp(milliseconds: 2)
        #expect(reply.json["token"] == nil)
        let page = Page([reply], of: 1, ListQuery<TokenSortField>())
        #expect(try Page<TokenReply>(reply: page.json.bytes) == page)
    }

    private static let fieldProblems: [BadValue] =
        wrongForms(["name"], "a string").filter { $0.value != "\"x\"" }
        + wrongForms(["scopes"], "an array") + wrongForms(["expires_in_days"], "an integer") + [
            BadValue("name", "\"\"", "must not be empty"),
            BadValue("name", "x".repeated(65), "must be at most 64 characters"),
            BadValue("name", "\"a b\"", "must be made of letters, digits, \".\", \"_\" and \"-\""),
            BadValue("name", "\"a$b\"", "must be made of letters, digits, \".\", \"_\" and \"-\""),
            BadValue("name", #""a\u0000""#, "must be made of letters, digits, \".\", \"_\" and \"-\""),
            BadValue("namespace", "null", "must not be null"),
            BadValue("namespace", "\"Default\"", "must be a namespace's name"),
            BadValue("namespace", "\"\"", "must be a namespace's name"),
            BadValue("namespace", "1", "must be a string, not an integer"),
            BadValue("scopes", "[]", "must not be empty"),
            BadValue(
                "scopes", "[\"root\"]", "must be one of sandbox:read, sandbox:write, job:read, job:write, admin",
                at: "scopes[0]"),
            BadValue("scopes", "[1]", "must be a string, not an integer", at: "scopes[0]"),
            BadValue("expires_in_days", "0", "must be at least 1"),
            BadValue("expires_in_days", "-1", "must be at least 1"),
            BadValue("expires_in_days", "3651", "must be at most 3650"),
            BadValue("expires_in_days", "1e30", "must fit 64 bits"),
            BadValue("plan", "null", "must not be null"),
            BadValue("plan", "\"gold\"", "must be one of free, team, enterprise, unlimited"),
            BadValue("token", "\"x\"", "is not a known field"),
        ]
}
