// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import NIOCore
import OutpostAPI
import OutpostCore
import OutpostMetrics
import Testing

@testable import OutpostServer

/// Answers are counted by what the server calls them, and never by what a client does.
struct RequestMetricsTests {
    private let registry = MetricsRegistry(RequestMetrics.families)

    private func labels(_ method: String, _ status: Int) -> [(String, String)] {
        [("route", "/p"), ("method", method), ("status", String(status))]
    }

    @Test func anAnswerIsCountedByRouteMethodAndStatus() async throws {
        let step = RequestMetrics(registry)
        for path in ["/p", "/p?a=b"] { _ = try await step.answer(StepFixture.call(endpoint(), path: path)) }
        let empty = endpoint(.post) { _ in .empty }
        _ = try await step.answer(StepFixture.call(empty))
        #expect(registry.value("outpost_http_requests_total", labels("GET", 200)) == 2)
        #expect(registry.value("outpost_http_requests_total", labels("POST", 204)) == 1)
        #expect(registry.histogram(of: "outpost_http_request_seconds", labels("GET", 200))?.count == 2)
    }

    @Test func aMethodOfTheClientsOwnIsNoLabel() async throws {
        let step = RequestMetrics(registry)
        for word in ["SPY", "SPELL"] {
            let method = try #require(HTTPRequest.Method(word))
            let head = HTTPRequest(method: method, scheme: "http", authority: "h", path: "/p")
            let request = Request(head: head, body: RequestBody(buffer: .init()))
            let call = Call(
                request, endpoint(), parameters: [:], wantsEvents: false,
                channel: StepFixture.call(endpoint()).call.channel)
            _ = try await step.answer((request, call))
        }
        #expect(registry.value("outpost_http_requests_total", labels("other", 200)) == 2)
    }
}
