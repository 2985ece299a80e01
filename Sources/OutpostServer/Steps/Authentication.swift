// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostAPI
import OutpostEngine

/// Finds the caller by the credential. Calls that need no credential pass.
struct Authentication: RequestStep {
    let tokens: TokenService
    let dialect: Dialect

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        guard call.endpoint.access != .open else { return try await next(request, call) }
        var call = call
        call.principal = try await tokens.authenticate(dialect.credential(request))
        return try await next(request, call)
    }
}
