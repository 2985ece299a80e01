// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import NIOCore
import OutpostCore

/// Returns the error of a call without an answer. Its code is `unavailable`.
///
/// - Parameter bodySize: the bytes of the request's body.
func callFailure(
    _ error: any Error, _ address: ServerAddress, _ call: Call, bodySize: Int = 0
) -> OutpostError {
    switch error {
    case let error as HTTPClientError where error == .remoteConnectionClosed:
        ended(address, bodySize, error)
    case let error as HTTPClientError:
        clientFailure(error, address, call)
    case is NIOTooManyBytesError:
        OutpostError(.unavailable, "the answer of \(address) is too long", cause: error)
    case let error as IOError where lostConnection.contains(error.errnoCode):
        ended(address, bodySize, error)
    case is CancellationError:
        OutpostError(.unavailable, "the call was cancelled", cause: error)
    default:
        noServer(address, error)
    }
}

/// The errors of read(2) and writev(2) when the server has closed the connection. The connection was made before.
private let lostConnection: Set<Int32> = [EPIPE, ECONNRESET, ECONNABORTED, ENOTCONN, ETIMEDOUT]

/// The smallest `body_limit_bytes` of a server. Every server accepts a body of this size.
private let smallestBodyLimit = 1024

private func clientFailure(_ error: HTTPClientError, _ address: ServerAddress, _ call: Call) -> OutpostError {
    switch error {
    case .connectTimeout:
        noServer(address, error)
    case .deadlineExceeded:
        OutpostError(.unavailable, "\(address) did not answer within \(call.timeout) s", cause: error)
    case .cancelled:
        OutpostError(.unavailable, "the call was cancelled", cause: error)
    default:
        OutpostError(.unavailable, "the call to \(address) failed: \(error)", cause: error)
    }
}

/// Returns the error of a call whose connection the server has closed. A server may do that while it refuses a body.
private func ended(_ address: ServerAddress, _ bodySize: Int, _ error: any Error) -> OutpostError {
    let hint =
        bodySize > smallestBodyLimit ? "; the body of \(bodySize) bytes may be larger than the server accepts" : ""
    return OutpostError(.unavailable, "\(address) ended the connection before it answered\(hint)", cause: error)
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
