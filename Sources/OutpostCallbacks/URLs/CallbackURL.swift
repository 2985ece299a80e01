// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostNetwork

/// The parsed URL of a callback. Only this type parses it, so the check, the look-up and the request use the same host.
struct CallbackURL: Hashable, Sendable {
    static let maximumBytes = 2048

    /// Whether TLS is used.
    let isSecure: Bool
    let host: NetworkHost
    let port: Int
    /// The path and the query as they are sent.
    let target: String

    /// Parses `text`. It accepts only the characters of RFC 3986. So it refuses characters that parsers treat
    /// differently, such as the backslash.
    ///
    /// - Throws: `invalid_request` about the field `callback_url`.
    init(_ text: String) throws(OutpostError) {
        guard (1...Self.maximumBytes).contains(text.utf8.count) else {
            throw Self.problem("must be a URL of at most \(Self.maximumBytes) bytes")
        }
        let (isSecure, rest) = try Self.scheme(of: text)
        guard !rest.utf8.contains(UInt8(ascii: "#")) else { throw Self.problem("must not have a fragment") }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = String(rest[end...])
        guard isPercentEncoded(target) else {
            throw Self.problem("has characters in its path or query that must be percent-encoded")
        }
        do {
            let authority = try Authority(rest[..<end])
            host = authority.host
            port = authority.port ?? (isSecure ? 443 : 80)
        } catch {
            throw Self.problem(ErrorText(error.rawValue))
        }
        self.isSecure = isSecure
        self.target = target.hasPrefix("/") ? target : "/" + target
    }

    /// The URL in its normal form.
    var text: String { "\(isSecure ? "https" : "http")://\(hostText):\(port)\(target)" }

    private var hostText: String {
        switch host {
        case .name(let name): name
        case .address(let address): address.isIPv4 ? "\(address)" : "[\(address)]"
        }
    }

    private static func scheme(of text: String) throws(OutpostError) -> (isSecure: Bool, rest: Substring) {
        for (scheme, isSecure) in [("http://", false), ("https://", true)]
        where text.prefix(scheme.count).lowercased() == scheme {
            return (isSecure, text.dropFirst(scheme.count))
        }
        throw problem("must begin with http:// or https://")
    }

    static func problem(_ problem: ErrorText) -> OutpostError { .parameter(.invalidRequest, .callbackURL, problem) }
}

/// Whether a path and query has only the characters that RFC 3986 allows in them (sections 3.3 and 3.4).
private func isPercentEncoded(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.indices.allSatisfy { index in
        switch bytes[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "%"): bytes[(index + 1)...].prefix(2).filter(isHexadecimal).count == 2
        default: "-._~!$&'()*+,;=:@/?".utf8.contains(bytes[index])
        }
    }
}

private func isHexadecimal(_ byte: UInt8) -> Bool { Character(Unicode.Scalar(byte)).isHexDigit }
