// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// What a call does with the body of its request.
enum BodyRule: Sendable {
    /// A body is not expected, and dropped.
    case none
    /// JSON, and a form too where that is so; whole, up to the server's limit.
    case json(orForm: Bool)
    /// Bytes of any type; whole, up to the server's limit.
    case bytes
    /// The handler takes it piece by piece from `Call.incoming`, with a limit of its own.
    case streamed
}

/// One call of a dialect: what it needs, and what serves it.
struct Endpoint: Sendable {
    let method: RequestMethod
    let path: PathTemplate
    let access: RouteAccess
    let body: BodyRule
    /// Whether it may come with an `Idempotency-Key`.
    let isRepeatable: Bool
    /// Whether `Outpost-Timing` asks for the steps of its run.
    let tellsTimes: Bool
    /// Whether HTTP/1.0, which needs no Host, is enough: for the health checks of load balancers.
    var isHostOptional: Bool
    let handle: @Sendable (Call) async throws -> Answer

    init(
        method: RequestMethod, path: PathTemplate, access: RouteAccess, body: BodyRule = .none,
        isRepeatable: Bool = false, tellsTimes: Bool = false, handle: @escaping @Sendable (Call) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.body = body
        self.isRepeatable = isRepeatable
        self.tellsTimes = tellsTimes
        isHostOptional = access == .open
        self.handle = handle
    }
}

extension Endpoint {
    /// A call of the API as its document describes it.
    init(_ route: Route, handle: @escaping @Sendable (Call) async throws -> Answer) {
        self.init(
            method: route.method, path: route.path, access: route.access,
            body: route.request == nil ? .none : .json(orForm: route.acceptsForm),
            isRepeatable: route.acceptsIdempotencyKey, tellsTimes: route.acceptsTiming, handle: handle)
    }
}
