// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A host in a URL: an address or a name.
public enum NetworkHost: Hashable, Sendable {
    case address(HostAddress)
    /// The name in lower case.
    case name(String)
}

/// `host` or `host:port` of a URL (RFC 3986, section 3.2), without a user.
public struct Authority: Hashable, Sendable {
    /// A problem with a text. The raw value follows the name of the text in a sentence.
    public enum Problem: String, Error {
        case user = "must not contain a user or password"
        case host = "must have a host: a name of letters, digits, '-' and '_', or an IP address"
        case number = "has a host that looks like a number: an IPv4 address is four decimal numbers"
        case port = "must have a port from 1 to 65535, or none"
    }

    public let host: NetworkHost
    /// 1 to 65535; nil when the text has none.
    public let port: Int?

    /// Parses `text`.
    ///
    /// - Throws: the first problem of the text.
    public init(_ text: some StringProtocol) throws(Problem) {
        guard !text.utf8.contains(UInt8(ascii: "@")) else { throw .user }
        let (host, port) = split(String(text))
        if let port {
            guard let number = decimal(port), (1...65_535).contains(number) else { throw .port }
            self.port = number
        } else {
            self.port = nil
        }
        self.host = try Self.host(host)
    }

    private static func host(_ text: String) throws(Problem) -> NetworkHost {
        if text.hasPrefix("[") {
            guard text.hasSuffix("]"), let address = HostAddress(String(text.dropFirst().dropLast())), !address.isIPv4
            else { throw .host }
            return .address(address)
        }
        if text.utf8.contains(UInt8(ascii: ":")) { throw .host }
        if let address = HostAddress(text) { return .address(address) }
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.allSatisfy(isLabel), let last = labels.last else { throw .host }
        // Resolvers read 2130706433, 0x7f000001, 0177.0.0.1 and 127.1 as 127.0.0.1. No top-level domain is a number
        // (RFC 1123, section 2.1).
        guard !looksLikeNumber(last) else { throw .number }
        return .name(text.lowercased())
    }
}

/// Splits at the colon before the port. A colon inside brackets belongs to an IPv6 address.
private func split(_ text: String) -> (host: String, port: Substring?) {
    let end = text.firstIndex(of: "]") ?? text.startIndex
    guard let colon = text[end...].lastIndex(of: ":") else { return (text, nil) }
    return (String(text[..<colon]), text[text.index(after: colon)...])
}

/// Whether `label` is a part of a name (RFC 1035, section 2.3.1). It may begin with a digit (RFC 1123) and have
/// underscores, which some real names have.
private func isLabel(_ label: Substring) -> Bool {
    (1...63).contains(label.utf8.count)
        && label.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
        }
}

private func looksLikeNumber(_ label: Substring) -> Bool {
    label.utf8.allSatisfy { (48...57).contains($0) }
        || label.hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit)
}
