// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import OutpostCore
import OutpostNetwork

extension CallbackOutcome {
    /// The outcome of an attempt without an answer. The reason helps the receiver's operator to find the fault, and tells
    /// nothing about this host or its network.
    init(_ error: any Error, timeoutSeconds: Int) {
        switch error {
        case let error as OutpostError:
            self = .refused(error.message)
        case is LookupError:
            self = .failed("callback_url's host could not be found")
        case is NameLookup.Timeout:
            self = .failed("callback_url's host was not found within \(timeoutSeconds) s")
        case is CancellationError:
            self = .failed("the attempt was cut short")
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            self = .failed("TLS with the receiver failed; its certificate must be valid for its name")
        case is HTTPParserError:
            self = .failed("the receiver's answer is not HTTP")
        case let error as HTTPClientError:
            self.init(error, timeoutSeconds: timeoutSeconds)
        default:
            self = .failed("the connection to the receiver failed")
        }
    }

    private init(_ error: HTTPClientError, timeoutSeconds: Int) {
        switch error {
        case .deadlineExceeded, .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
            self = .failed("the receiver did not answer within \(timeoutSeconds) s")
        case .remoteConnectionClosed:
            self = .failed("the receiver closed the connection before it answered")
        case .cancelled:
            self = .failed("the attempt was cut short")
        default:
            self = .failed("the exchange with the receiver failed")
        }
    }
}
