// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostCore
import OutpostEngine

/// Counts the requests of a caller, and refuses those above the caller's plan.
struct RateLimiting: RequestStep {
    let limiter: RateLimiter

    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        guard let principal = call.principal else { return try await next(request, call) }
        let standing = limiter.count(principal)
        return try await adding(
            Self.headers(standing),
            to: {
                if let seconds = standing.retryAfter {
                    throw OutpostError(
                        .rateLimited, "the plan \(principal.plan.rawValue) allows no more calls now",
                        retryAfter: seconds)
                }
                return try await next(request, call)
            })
    }

    /// The headers for a caller without a limit or without a credential. The number is the largest that every client
    /// can parse.
    static let unlimited: Headers = [
        (.rateLimit, "2147483647"), (.rateRemaining, "2147483647"), (.rateReset, "0"),
    ]

    private static func headers(_ standing: RateLimiter.Standing) -> Headers {
        guard let limit = standing.limit else {
            return [(.rateReset, String(standing.resetsAt))]
        }
        return [
            (.rateLimit, String(limit)), (.rateRemaining, String(standing.remaining)),
            (.rateReset, String(standing.resetsAt)),
        ]
    }
}
