// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// What a call does with the body of its request.
enum BodyRule: Sendable {
    /// Ignores the body.
    case none
    /// Takes a whole JSON body up to the server's limit, or also a form.
    case json(orForm: Bool)
    /// Takes a whole body of any type up to the server's limit.
    case bytes
    /// Lets the handler read the body piece by piece from `Call.incoming`, with its own limit.
    case streamed
}

/// One call of a dialect: its requirements and its handler.
struct Endpoint: Sendable {
    let method: RequestMethod
    let path: PathTemplate
    let access: RouteAccess
    let body: BodyRule
    /// Whether the call accepts an `Idempotency-Key`.
    let isRepeatable: Bool
    /// Whether the call accepts `Outpost-Timing`.
    let tellsTimes: Bool
    /// Whether the header `Host` can be missing. Health checks of some load balancers use HTTP/1.0, which does not need
    /// it.
    var isHostOptional: Bool
    /// Whether a signed URL can take the place of the credential.
    var acceptsSignedLinks = false
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
    /// Makes the endpoint of a route of the API.
    init(_ route: Route, handle: @escaping @Sendable (Call) async throws -> Answer) {
        self.init(
            method: route.method, path: route.path, access: route.access,
            body: route.request == nil ? route.takesBytes ? .streamed : .none : .json(orForm: route.acceptsForm),
            isRepeatable: route.acceptsIdempotencyKey, tellsTimes: route.acceptsTiming, handle: handle)
        acceptsSignedLinks = route.acceptsSignedLinks
    }
}
