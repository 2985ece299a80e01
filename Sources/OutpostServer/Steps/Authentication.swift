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
    let links: FileLinkService

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        guard call.endpoint.access != .open else { return try await next(request, call) }
        let credential = dialect.credential(request)
        guard credential == nil, let link = try SignedLink(call) else {
            var call = call
            call.principal = try await tokens.authenticate(credential)
            return try await answer(request, call, next) { [tokens] in try await tokens.requireValid(credential) }
        }
        var call = call
        call.query = link.otherParameters
        call.principal = try await links.principal(link.claim, signature: link.signature)
        return try await answer(request, call, next) { [links] in
            _ = try await links.principal(link.claim, signature: link.signature)
        }
    }

    private func answer(
        _ request: Request, _ call: Call, _ next: (Request, Call) async throws -> Answer,
        requireValid: @escaping @Sendable () async throws -> Void
    ) async throws -> Answer {
        var answer = try await next(request, call)
        if request.method == .get { try await requireValid() }
        if let stream = answer.stream {
            answer.stream = { send in
                try await stream { part in
                    try await requireValid()
                    try await send(part)
                }
            }
        }
        return answer
    }
}
