// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore

/// Refuses requests that a proxy in between could read differently from this server (request smuggling, RFC 9112,
/// section 11.2). Closes the connection when the start of the next request would be uncertain.
struct Framing: RequestStep {
    func handle(
        _ request: Request, context call: Call, next: (Request, Call) async throws -> Answer
    ) async throws -> Answer {
        do throws(OutpostError) {
            try request.checkFraming(isHostRequired: !call.endpoint.isHostOptional)
        } catch {
            throw Refusal(error, headers: Self.close)
        }
        do {
            var answer = try await next(request, call)
            let isUpgraded = answer.status == 101
            if !isUpgraded, !call.incoming.leavesConnectionUsable { answer.headers += Self.close }
            return answer
        } catch {
            throw Refusal(error, headers: call.incoming.leavesConnectionUsable ? [] : Self.close)
        }
    }

    private static let close: Headers = [(.connection, "close")]
}

extension Request {
    /// Checks the headers Host and Transfer-Encoding, which a proxy in between could read differently from this server.
    ///
    /// - Parameter isHostRequired: false for calls that HTTP/1.0 clients make, such as health checks of load balancers.
    /// - Throws: `invalid_request` when a header is missing, given twice or malformed.
    func checkFraming(isHostRequired: Bool) throws(OutpostError) {
        // The framing layer has moved the first Host to `authority`. A Host in the headers is a second one, which is
        // not allowed (RFC 9112, section 3.2).
        guard headers[.secondHost] == nil, head.authority.map(Self.isHost) ?? !isHostRequired else {
            throw OutpostError(.invalidRequest, "the request must have exactly one valid Host header")
        }
        guard headers[.transferEncoding].map({ $0.lowercased().trimmingSpaces == "chunked" }) ?? true else {
            throw OutpostError(.invalidRequest, "a Transfer-Encoding other than chunked is not supported")
        }
    }

    /// Whether `text` has only the characters of a host name, an address and a port (RFC 3986, section 3.2.2).
    private static func isHost(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                true
            default: "-._~:[]%!$&'()*+;=".utf8.contains(byte)
            }
        }
    }
}

extension HTTPField.Name {
    /// A second Host. The framing layer has moved the first one to `authority`.
    fileprivate static let secondHost = named("Host")
}
