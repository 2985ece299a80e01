// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HummingbirdCore
import Logging
import OutpostCore

/// Turns errors into answers of the dialect. Logs the errors with the code `internal`.
struct ErrorAnswers: RequestStep {
    let dialect: Dialect
    let logger: Logger

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await next(request, call)
        } catch {
            return answer(to: error, call.id)
        }
    }

    func answer(to error: any Error, _ id: CallID) -> Answer {
        let refusal = Refusal(error)
        if refusal.error.code == .internal {
            logger.error("a request failed", metadata: ["request": "\(id)", "error": "\(refusal.error)"])
        }
        var answer = dialect.refusal(refusal.error, id)
        answer.headers += refusal.headers
        return answer
    }
}
