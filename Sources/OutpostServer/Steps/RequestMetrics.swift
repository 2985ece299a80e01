// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore

/// Counts answers.
struct RequestMetrics: RequestStep {
    let requests: RequestCounts

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        let answer = try await next(request, call)
        requests.count(answer.status)
        return answer
    }
}
