// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A name that could not be resolved.
public struct LookupError: Error, Hashable, Sendable, CustomStringConvertible {
    public let name: String
    /// One of the `EAI_` numbers.
    public let number: Int32

    public var description: String { "look up \(name): \(String(cString: gai_strerror(number)))" }
}

/// The host's own resolver: its files, its name servers, in the order that RFC 6724 prefers. It is here and not in
/// `OutpostLinux`, so that the guest agent has none.
public enum HostLookup {
    /// Every address of `name`, each once. Blocks, for as long as the resolver waits for its servers.
    ///
    /// - Throws: `LookupError` when there is none.
    public static func addresses(of name: String) throws(LookupError) -> [HostAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        // Without it each address comes once for each type of socket.
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
