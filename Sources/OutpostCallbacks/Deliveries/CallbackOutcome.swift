// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What became of one attempt.
public enum CallbackOutcome: Sendable, Hashable {
    /// The receiver answered with this status, 200 to 299.
    case delivered(status: Int)
    /// The receiver has not taken it. `reason` is short and fit to be shown to the job's owner. `isPermanent` says that
    /// the same attempt is not to be made again, `retryAfterSeconds` (0 to 3600) how long the receiver asks to wait.
    case failed(reason: String, isPermanent: Bool, retryAfterSeconds: Int?)
}

extension CallbackOutcome {
    /// The longest wait that a receiver may ask for: the hour in which attempts are made.
    static let maximumRetryAfterSeconds = 3600

    /// What a status says (RFC 9110, section 15). A redirection is not followed, and the server's own errors and the
    /// few statuses of clients' errors that pass with time are worth another attempt.
    init(status: Int, retryAfter: String?) {
        switch status {
        case 200..<300:
            self = .delivered(status: status)
        case 300..<400:
            self = .refused("the receiver answered \(status), and redirections are not followed")
        case 400..<500 where ![408, 409, 425, 429].contains(status):
            self = .refused("the receiver answered \(status)")
        default:
            self = .failed(
                reason: "the receiver answered \(status)", isPermanent: false,
                retryAfterSeconds: retryAfter.flatMap(Self.seconds))
        }
    }

    /// A failure that another attempt would not change.
    static func refused(_ reason: String) -> CallbackOutcome {
        .failed(reason: reason, isPermanent: true, retryAfterSeconds: nil)
    }

    /// A failure that may pass.
    static func failed(_ reason: String) -> CallbackOutcome {
        .failed(reason: reason, isPermanent: false, retryAfterSeconds: nil)
    }

    /// `Retry-After` as seconds (RFC 9110, section 10.2.3); nil when it is a date.
    private static func seconds(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return min(Int(text) ?? maximumRetryAfterSeconds, maximumRetryAfterSeconds)
    }
}
