// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostEngine

/// Adds the header `Server-Timing` to the answer of a run when the request has `Outpost-Timing: true`.
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

/// The steps of a run as the header `Server-Timing`, in milliseconds.
private enum ServerTiming {
    /// - Parameter total: the time from the head of the request until the answer.
    static func text(_ times: RunTimes, total: Duration) -> String {
        let steps = times.steps.map { metric($0.step.rawValue, $0.duration) }
        return (steps + [metric("total", total)]).joined(separator: ", ")
    }

    private static func metric(_ name: String, _ duration: Duration) -> String {
        // More than three decimals are noise.
        let microseconds = (duration / .microseconds(1)).rounded()
        return "\(name);dur=\(microseconds / 1000)"
    }
}
