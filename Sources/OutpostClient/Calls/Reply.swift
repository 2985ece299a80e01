// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// What came back over HTTP.
struct Reply: Sendable {
    let status: Int
    let requestID: String?
    /// Seconds.
    let retryAfter: Int?
    let body: [UInt8]

    /// The mark of an error that a server answered with.
    var answered: AnsweredCall { AnsweredCall(status: status, requestID: requestID) }

    /// The error that the reply, whose status tells no success, stands for. Something between client and server may
    /// have written it, so its body is not relied on.
    var refusal: OutpostError {
        guard let error = try? ErrorBody(reply: body) else {
            let code = ErrorCode.documented.first { $0.status == status }?.code ?? .unavailable
            return OutpostError(
                code, "the answer has status \(status), and it is not from Outpost", cause: answered,
                retryAfter: retryAfter)
        }
        let answered = AnsweredCall(status: status, requestID: error.requestID)
        let refusal = error.error(retryAfter: retryAfter)
        return OutpostError(
            refusal.code, refusal.text, details: refusal.details, cause: answered, retryAfter: retryAfter)
    }
}
