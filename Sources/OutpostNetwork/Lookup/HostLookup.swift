// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A failed look-up of a name.
public struct LookupError: Error, Hashable, Sendable, CustomStringConvertible {
    public let name: String
    /// An `EAI_` number of getaddrinfo(3).
    public let number: Int32

    public var description: String { "look up \(name): \(String(cString: gai_strerror(number)))" }
}

/// The host's resolver. It is not in `OutpostLinux`, because the guest agent must not have a resolver.
public enum HostLookup {
    /// Returns all addresses of `name`, each once, in the order of preference of RFC 6724. Blocks while the resolver
    /// waits for its servers.
    ///
    /// - Throws: `LookupError` when the name has none.
    public static func addresses(of name: String) throws(LookupError) -> [HostAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        // Without a socket type the result has each address once for each type.
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let number = getaddrinfo(name, nil, &hints, &list)
        guard number == 0 else { throw LookupError(name: name, number: number) }
        defer { freeaddrinfo(list) }
        var found: [HostAddress] = []
        for entry in sequence(first: list, next: { $0?.pointee.ai_next }) {
            guard let socket = entry?.pointee.ai_addr, let address = HostAddress(socket) else { continue }
            if !found.contains(address) { found.append(address) }
        }
        guard !found.isEmpty else { throw LookupError(name: name, number: EAI_NONAME) }
        return found
    }
}
