// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import OutpostCore

/// Adds the request's id and the headers of the dialect to every answer.
struct CommonHeaders: RequestStep {
    let dialect: Dialect

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        var answer = try await next(request, call)
        answer.headers = [(.requestID, call.id.rawValue)] + dialect.headers + answer.headers
        return answer
    }
}
