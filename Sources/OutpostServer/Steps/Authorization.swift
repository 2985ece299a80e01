// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostAPI
import OutpostCore
import OutpostEngine

/// Checks that the caller may use the namespace in the path and has the scope of the call.
struct Authorization: RequestStep {
    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        guard let principal = call.principal else { return try await next(request, call) }
        var call = call
        if let text = call.parameters["namespace"] {
            guard let name = NamespaceName(text) else {
                throw OutpostError.parameter(
                    .invalidRequest, .given("namespace"), "must match [a-z0-9]([a-z0-9-]{0,37}[a-z0-9])?")
            }
            try principal.require(name)
            call.namespace = name
        }
        if case .scope(let scope) = call.endpoint.access { try principal.require(scope) }
        return try await next(request, call)
    }
}
