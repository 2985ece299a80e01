// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostEngine

/// Finds the caller by the credential. Calls that need no credential pass.
///
/// It checks the credential again before each part of a stream and before the answer of a GET, because both may come long
/// after the call: a token that was revoked or has expired meanwhile gets nothing more. The answers of other methods tell what
/// the call has done, so they come in any case.
struct Authentication: RequestStep {
    let tokens: TokenService
    let dialect: Dialect

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        guard call.endpoint.access != .open else { return try await next(request, call) }
        var call = call
        let credential = dialect.credential(request)
        call.principal = try await tokens.authenticate(credential)
        var answer = try await next(request, call)
        if request.method == .get { try await tokens.requireValid(credential) }
        if let stream = answer.stream {
            answer.stream = { [tokens] send in
                try await stream { part in
                    try await tokens.requireValid(credential)
                    try await send(part)
                }
            }
        }
        return answer
    }
}
