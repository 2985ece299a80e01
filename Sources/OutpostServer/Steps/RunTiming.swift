// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI

/// Tells where the time of a run went, to whoever asks for it.
struct RunTiming: RequestStep {
    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        guard call.endpoint.tellsTimes, try RequestHeaders.isTimingWanted(request.headers[.outpostTiming]) else {
            return try await next(request, call)
        }
        var answer = try await next(request, call)
        let total = ContinuousClock.now - call.begun
        answer.headers.append((.serverTiming, ServerTiming.text(call.times, total: total)))
        return answer
    }
}
