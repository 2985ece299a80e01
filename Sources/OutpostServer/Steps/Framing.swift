// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HummingbirdCore
import OutpostAPI
import OutpostCore

/// Refuses what a proxy on the way could have understood in another way than this server does, and ends the connection
/// where the next request on it would be uncertain.
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
    /// Checks what a proxy on the way could have understood in another way than this server does.
    ///
    /// - Parameter isHostRequired: HTTP/1.0, which health checks of some load balancers speak, may leave it out.
    /// - Throws: `invalid_request`.
    func checkFraming(isHostRequired: Bool) throws(OutpostError) {
        // The framing layer has set the first one apart, so another is one too many (RFC 9112, section 3.2).
        guard headers[.secondHost] == nil, head.authority.map(Self.isHost) ?? !isHostRequired else {
            throw OutpostError(.invalidRequest, "the request must have exactly one valid Host header")
        }
        guard headers[.transferEncoding].map({ $0.lowercased().trimmingSpaces == "chunked" }) ?? true else {
            throw OutpostError(.invalidRequest, "a Transfer-Encoding other than chunked is not supported")
        }
    }

    /// Whether `text` has only what a name, an address and a port are made of.
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
    /// A Host beside the one that the framing layer has taken out.
    fileprivate static let secondHost = named("Host")
}
