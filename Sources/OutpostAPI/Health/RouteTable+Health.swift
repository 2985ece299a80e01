// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension RouteTable {
    static let health: [Route] = [
        Route(
            .getHealth, .get, "/healthz", tag: "service", "Check that the server is up", access: .open,
            success: .json(HealthReply.schema)),
        Route(
            .getReadiness, .get, "/readyz", tag: "service", "Check that the server accepts work", access: .open,
            success: .json(HealthReply.schema)),
        Route(
            .getMetrics, .get, "/metrics", tag: "service", "Metrics for Prometheus", access: .open,
            success: .metrics),
        Route(
            .getOpenAPI, .get, "/openapi.json", tag: "service", "This document", access: .open,
            success: .json(.object("An OpenAPI 3.1 document.", [], isOpen: true))),
    ]
}
