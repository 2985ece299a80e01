// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import OutpostAPI
public import OutpostCore
import OutpostNetwork

/// The address of a server: `http://host:port`, `https://host:port` or `unix:/path.sock`.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as it was given.
    public let description: String
    /// Whether the address is certainly on this machine, and data sent to it stays there.
    public let isLocal: Bool
    /// The beginning of every URL of the server, without a slash at the end.
    let base: String
    /// The value of the header `Host`; nil when the HTTP library takes it from the URL.
    let host: String?
    /// What to connect to.
    let endpoint: Endpoint
    /// The path of the URL, which comes before the paths of calls. Without a slash at the end.
    let prefix: String

    enum Endpoint: Hashable, Sendable {
        case unix(String)
        case tcp(host: String, port: Int, isEncrypted: Bool)
    }

    /// Parses the text of an address.
    ///
    /// - Throws: `invalid_request` that names the problem.
    public init(_ text: String) throws(OutpostError) {
        description = text
        if text.hasPrefix("unix:") {
            let path = try socketPath(text)
            endpoint = .unix(path)
            prefix = ""
            base = "http+unix://" + percentEncoded(path)
            host = "localhost"
            isLocal = true
        } else {
            let name = try hostName(text).trimmingPrefix("[").trimmingSuffix { $0 == "]" }
            isLocal = name == "localhost" || HostAddress(String(name))?.isLoopback == true
            base = String(text.trimmingSuffix(while: { $0 == "/" }))
            host = nil
            prefix = (URL(string: text)?.path() ?? "").trimmingSuffix(while: { $0 == "/" }).description
            let isEncrypted = text.lowercased().hasPrefix("https:")
            endpoint = .tcp(
                host: String(name), port: URL(string: text)?.port ?? (isEncrypted ? 443 : 80),
                isEncrypted: isEncrypted)
        }
    }

    /// Returns the URL of `path` with `query`.
    ///
    /// - Parameters:
    ///   - path: percent-encoded, with a slash at the start.
    ///   - query: not percent-encoded.
    func url(_ path: String, query: [(name: String, value: String)]) -> String { base + rest(path, query) }

    /// Returns the URL without scheme and host, as in the first line of a request. The parameters are as those of `url`.
    func target(_ path: String, query: [(name: String, value: String)]) -> String { prefix + rest(path, query) }

    private func rest(_ path: String, _ query: [(name: String, value: String)]) -> String {
        let pairs = query.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }
        return path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    /// The value of the header `Host` (RFC 9110, section 7.2).
    var authority: String {
        guard case .tcp(let name, let port, _) = endpoint else { return host ?? "localhost" }
        return (name.contains(":") ? "[\(name)]" : name) + ":\(port)"
    }
}

/// Returns `text` with every byte as `%XX`, except the unreserved ones of RFC 3986, section 2.3.
func percentEncoded(_ text: String) -> String { QueryString.percentEncoded(text) }

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

extension StringProtocol {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> SubSequence {
        self[..<(lastIndex { !isDropped($0) }.map(index(after:)) ?? startIndex)]
    }
}
