// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
public import OutpostCore

/// Where a server listens: `http://host:port`, `https://host:port` or `unix:/path.sock`.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// As it was given.
    public let description: String
    /// Whether it is on this machine for sure, so that what is sent there does not leave it.
    public let isLocal: Bool
    /// What every URL of the server starts with; no slash at the end.
    let base: String
    /// The header `Host`; nil where the URL tells it.
    let host: String?

    /// The address that `text` spells.
    ///
    /// - Throws: `invalid_request` that says what is wrong with it.
    public init(_ text: String) throws(OutpostError) {
        description = text
        if text.hasPrefix("unix:") {
            base = "http+unix://" + percentEncoded(try socketPath(text))
            host = "localhost"
            isLocal = true
        } else {
            isLocal = isLoopback(try hostName(text))
            base = String(text.trimmingSuffix(while: { $0 == "/" }))
            host = nil
        }
    }

    /// The URL of `path`, which starts with a slash and is percent-encoded, with `query`, which is not.
    func url(_ path: String, query: [(name: String, value: String)]) -> String {
        let pairs = query.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }
        return base + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }
}

/// `text` with every byte but RFC 3986's unreserved ones as `%XX`.
func percentEncoded(_ text: String) -> String {
    text.utf8.reduce(into: "") { encoded, byte in
        let character = Unicode.Scalar(byte)
        let isUnreserved = character.properties.isAlphabetic || (48...57).contains(byte) || "-._~".utf8.contains(byte)
        encoded += byte < 0x80 && isUnreserved ? String(character) : "%" + hexadecimal([byte]).uppercased()
    }
}

private func socketPath(_ text: String) throws(OutpostError) -> String {
    let rest = text.dropFirst("unix:".count)
    let path = rest.hasPrefix("//") ? rest.dropFirst(2) : rest
    guard path.hasPrefix("/"), path.count > 1 else {
        throw OutpostError(.invalidRequest, "the server's URL \(text) has no absolute path of a socket")
    }
    return String(path)
}

private func hostName(_ text: String) throws(OutpostError) -> String {
    guard let url = URL(string: text), let scheme = url.scheme, ["http", "https"].contains(scheme),
        let host = url.host(), !host.isEmpty, url.user() == nil, url.query() == nil, url.fragment() == nil
    else {
        throw OutpostError(
            .invalidRequest,
            "\(text) is not a server's URL: it must be http://host:port, https://host:port or unix:/path.sock")
    }
    return host
}

private func isLoopback(_ host: String) -> Bool {
    if ["localhost", "::1", "[::1]"].contains(host) { return true }
    let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    return numbers.count == 4 && !numbers.contains(nil) && numbers.first == 127
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> SubSequence {
        self[..<(lastIndex { !isDropped($0) }.map(index(after:)) ?? startIndex)]
    }
}
