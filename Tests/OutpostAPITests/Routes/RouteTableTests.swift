// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct RouteTableTests {
    @Test(
        arguments: [
            ("/healthz", "GET", [:]), ("/readyz", "GET", [:]), ("/metrics", "GET", [:]), ("/openapi.json", "GET", [:]),
            ("/auth/v1/languages", "GET", [:]),
            ("/auth/v1/seed/a/sandbox", "POST, GET", ["namespace": "a"]),
            ("/auth/v1/seed/a/sandbox/sbx_1", "GET, DELETE, PATCH", ["namespace": "a", "id": "sbx_1"]),
            ("/auth/v1/seed/a/sandbox/execute", "POST", ["namespace": "a"]),
            ("/auth/v1/seed/a/sandbox/sbx_1/exec", "POST", ["namespace": "a", "id": "sbx_1"]),
            ("/auth/v1/seed/a/sandbox/execute/exec", "POST", ["namespace": "a", "id": "execute"]),
            ("/auth/v1/pat", "POST, GET", [:]), ("/auth/v1/pat/ci", "GET, DELETE", ["name": "ci"]),
            ("/auth/v1/api_keys", "POST, GET", [:]), ("/auth/v1/api_keys/ci", "GET, DELETE", ["name": "ci"]),
        ] as [(String, String, [String: String])])
    func aPathIsFoundWithItsMethods(path: String, allow: String, parameters: [String: String]) throws {
        let match = try #require(RouteTable.match(path))
        #expect(match.allow == allow)
        #expect(match.parameters == parameters)
    }

    @Test(arguments: [
        "", "/", "healthz", "/healthz/", "//healthz", "/auth/v1", "/auth/v1/seed/a", "/auth/v1/seed//sandbox",
        "/auth/v1/seed/a/sandbox/", "/auth/v1/seed/a/sandbox/x/exec/", "/auth/v1/seed/a/sandbox/x/y", "/auth/v1/pat/",
        "/HEALTHZ", "x/healthz", "/auth/v1/pat/a/\u{301}b",
    ])
    func anyOtherPathIsNothing(path: String) {
        #expect(RouteTable.match(path) == nil)
    }

    @Test func theMethodPicksTheRoute() throws {
        let match = try #require(RouteTable.match("/auth/v1/seed/a/sandbox/execute"))
        #expect(match.route(.post)?.operation == .execute)
        #expect(match.route(.get) == nil)
    }

    @Test func everyOperationHasExactlyOneRoute() {
        #expect(RouteTable.all.map(\.operation.rawValue).sorted() == RouteOperation.allCases.map(\.rawValue).sorted())
        for operation in RouteOperation.allCases {
            #expect(RouteTable.route(operation)?.operation == operation)
        }
    }

    @Test func onlyTheServicePathsAreOpen() {
        let open = RouteTable.all.filter { $0.access == .open }.map(\.path.text)
        #expect(open == ["/healthz", "/readyz", "/metrics", "/openapi.json"])
        for route in RouteTable.all where route.path.parameters.contains("namespace") {
            let scopes: (TokenScope, TokenScope) =
                route.tag == "jobs" ? (.jobRead, .jobWrite) : (.sandboxRead, .sandboxWrite)
            // Who knows what callbacks are signed with can make them, and who is connected with a process can write to it.
            let isReading =
                route.method == .get && route.operation != .getCallbackSecret && route.success.status != 101
            #expect(route.scope == (isReading ? scopes.0 : scopes.1), "\(route.operation)")
        }
        for route in RouteTable.all where route.tag == "tokens" { #expect(route.scope == .admin) }
    }

    @Test func everyPostTakesAKeyAndOnlyChangesHaveABody() {
        for route in RouteTable.all {
            #expect(route.acceptsIdempotencyKey == (route.method == .post && !route.takesBytes))
            let isChange = [.post, .put, .patch].contains(route.method)
            #expect(isChange || (route.request == nil && !route.takesBytes), "\(route.operation)")
            #expect(route.request == nil || !route.takesBytes, "\(route.operation)")
        }
    }

    @Test(arguments: [
        ("", "must not be empty"), ("a\u{7f}", "must be printable ASCII"), ("é", "must be printable ASCII"),
    ])
    func aBadIdempotencyKeyIsRefused(key: String, problem: String) {
        let error = #expect(throws: OutpostError.self) { try RequestHeaders.checkIdempotencyKey(key) }
        #expect(error?.message == "Idempotency-Key \(problem)")
    }

    @Test func anIdempotencyKeyHasUpTo128Characters() throws {
        try RequestHeaders.checkIdempotencyKey(String(repeating: "k", count: 128))
        #expect(throws: OutpostError.self) {
            try RequestHeaders.checkIdempotencyKey(String(repeating: "k", count: 129))
        }
    }
}
