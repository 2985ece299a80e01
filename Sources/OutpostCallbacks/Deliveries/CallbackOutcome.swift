// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The outcome of one attempt to deliver a callback.
public enum CallbackOutcome: Sendable, Hashable {
    /// The receiver answered with this status, 200 to 299.
    case delivered(status: Int)
    /// The receiver did not accept the callback. `reason` is a short text for the job's owner. `isPermanent` means that
    /// no other attempt may follow. `retryAfterSeconds` (0 to 3600) is the wait that the receiver asked for.
    case failed(reason: String, isPermanent: Bool, retryAfterSeconds: Int?)
}

extension CallbackOutcome {
    /// The longest wait that a receiver may ask for. Attempts are made for one hour.
    static let maximumRetryAfterSeconds = 3600

    /// The outcome of an answer with `status` (RFC 9110, section 15). Another attempt may follow an error of the
    /// receiver, and the errors 408, 409, 425 and 429, which may pass with time. Redirections are not followed.
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

    /// A permanent failure.
    static func refused(_ reason: String) -> CallbackOutcome {
        .failed(reason: reason, isPermanent: true, retryAfterSeconds: nil)
    }

    /// A failure that another attempt may follow.
    static func failed(_ reason: String) -> CallbackOutcome {
        .failed(reason: reason, isPermanent: false, retryAfterSeconds: nil)
    }

    /// `Retry-After` as seconds (RFC 9110, section 10.2.3); nil when it is a date.
    private static func seconds(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return min(Int(text) ?? maximumRetryAfterSeconds, maximumRetryAfterSeconds)
    }
}
