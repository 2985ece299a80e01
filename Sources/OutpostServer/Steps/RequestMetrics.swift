// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostMetrics
import Synchronization

/// Counts and times answers by route, method and status.
///
/// Hummingbird's own middleware has other names for its metrics, and its histograms have fixed bounds. The route is the
/// template of a path and never the path itself, which would make an unlimited number of series.
final class RequestMetrics: RequestStep {
    private let factory: any MetricsFactory
    private let known = Mutex<[Key: Measures]>([:])

    static let families = [
        MetricFamily("outpost_http_requests_total", .counter, "Answers by route, method and HTTP status."),
        MetricFamily(
            "outpost_http_request_seconds", MetricFamily.steps,
            "From the head of a request until its answer begins, by route, method and HTTP status."),
    ]

    private struct Key: Hashable {
        let route: String
        let method: String
        let status: Int
    }

    private struct Measures {
        let count: Counter
        let time: Timer
    }

    init(_ factory: any MetricsFactory) { self.factory = factory }

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        let answer = try await next(request, call)
        let measures = measures(
            Key(
                route: call.endpoint.path.text, method: Self.name(request.method), status: answer.status))
        measures.count.increment()
        measures.time.record(ContinuousClock.now - call.begun)
        return answer
    }

    /// Returns the method, or `other` for an unknown one. A client can invent any number of methods.
    private static func name(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .delete, .patch, .options: method.rawValue
        default: "other"
        }
    }

    private func measures(_ key: Key) -> Measures {
        known.withLock { known in
            if let measures = known[key] { return measures }
            let labels = [("route", key.route), ("method", key.method), ("status", String(key.status))]
            let measures = Measures(
                count: Counter(label: "outpost_http_requests_total", dimensions: labels, factory: factory),
                time: Timer(label: "outpost_http_request_seconds", dimensions: labels, factory: factory))
            known[key] = measures
            return measures
        }
    }
}
