// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import OutpostCore

/// Returns the error of a call without an answer. Its code is `unavailable`.
func callFailure(_ error: any Error, _ address: ServerAddress, _ call: Call) -> OutpostError {
    switch error {
    case let error as HTTPClientError:
        clientFailure(error, address, call)
    case is NIOTooManyBytesError:
        OutpostError(.unavailable, "the answer of \(address) is too long", cause: error)
    case is CancellationError:
        OutpostError(.unavailable, "the call was cancelled", cause: error)
    default:
        noServer(address, error)
    }
}

private func clientFailure(_ error: HTTPClientError, _ address: ServerAddress, _ call: Call) -> OutpostError {
    switch error {
    case .connectTimeout:
        noServer(address, error)
    case .deadlineExceeded:
        OutpostError(.unavailable, "\(address) did not answer within \(call.timeout) s", cause: error)
    case .remoteConnectionClosed:
        OutpostError(.unavailable, "\(address) closed the connection before it answered", cause: error)
    case .cancelled:
        OutpostError(.unavailable, "the call was cancelled", cause: error)
    default:
        OutpostError(.unavailable, "the call to \(address) failed: \(error)", cause: error)
    }
}

private func noServer(_ address: ServerAddress, _ error: any Error) -> OutpostError {
    let trust = address.base.hasPrefix("https:") ? ", and is its certificate trusted here" : ""
    return OutpostError(
        .unavailable, "no server answers at \(address): is `outpost serve` running\(trust)?", cause: error)
}

extension OutpostError {
    /// Whether the answer was longer than the client accepts. A repeated call would get the same answer.
    var isAnswerTooLong: Bool { cause is NIOTooManyBytesError }
}
