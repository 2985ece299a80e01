// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// An HTTP answer with its whole body.
struct Reply: Sendable {
    let status: Int
    let requestID: String?
    /// The header `Retry-After` in seconds.
    let retryAfter: Int?
    var body: [UInt8]
    /// Whether the connection ended before the whole body came.
    var isCut = false

    /// The cause of errors from this reply.
    var answered: AnsweredCall { AnsweredCall(status: status, requestID: requestID) }

    /// The error that the client throws for a reply with an error status. A proxy may have written the reply, and then
    /// its body is not an error of Outpost.
    var refusal: OutpostError {
        guard let error = try? ErrorBody(reply: body) else {
            let code = ErrorCode.documented.first { $0.status == status }?.code ?? .unavailable
            let problem = isCut ? "the connection ended before its reason came" : "it is not from Outpost"
            return OutpostError(
                code, "the answer has status \(status), and \(problem)", cause: answered, retryAfter: retryAfter)
        }
        let answered = AnsweredCall(status: status, requestID: error.requestID)
        let refusal = error.error(retryAfter: retryAfter)
        return OutpostError(
            refusal.code, refusal.text, details: refusal.details, cause: answered, retryAfter: retryAfter)
    }
}
