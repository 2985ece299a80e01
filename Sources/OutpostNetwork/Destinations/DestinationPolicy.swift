// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The destinations that a connection may have: the public internet, and the exceptions that the operator lists.
public struct DestinationPolicy: Hashable, Sendable {
    /// Only the public internet.
    public static let publicOnly = DestinationPolicy(exceptions: [])

    private let exceptions: [DestinationException]

    private init(exceptions: [DestinationException]) { self.exceptions = exceptions }

    /// A policy that also allows `entries`.
    ///
    /// - Parameter entries: networks (`10.0.0.0/8`, `fd00::/8`), addresses (`127.0.0.1`, `127.0.0.1:9000`, `[::1]:9000`)
    ///   and names (`hooks.internal`, `hooks.internal:8443`). An entry without a port allows every port. A name may have
    ///   any address, so the operator trusts the name servers of the name.
    /// - Throws: `invalid_request` that names the first invalid entry.
    public init(allowing entries: [String]) throws(OutpostError) {
        var exceptions: [DestinationException] = []
        for entry in entries { exceptions.append(try DestinationException(entry)) }
        self.exceptions = exceptions
    }

    /// Returns the first of the host's addresses; nil when one of them is forbidden. A host with both public and other
    /// addresses is an attempt to reach a network that only this machine can reach.
    public func destination(of host: NetworkHost, port: Int, among addresses: [HostAddress]) -> HostAddress? {
        let isListed = permitsName(of: host, port: port)
        guard addresses.allSatisfy({ isListed || permits($0, port: port) }) else { return nil }
        return addresses.first
    }

    /// Whether a connection may go to the address. An exception for an IPv4 address also allows the IPv6 addresses that
    /// embed it.
    public func permits(_ address: HostAddress, port: Int) -> Bool {
        if address.isPublic { return true }
        let meanings = [address, address.embedded].compactMap(\.self)
        return exceptions.contains { exception in
            guard case .range(let range) = exception.target else { return false }
            return exception.covers(port: port) && meanings.contains(where: range.contains)
        }
    }

    private func permitsName(of host: NetworkHost, port: Int) -> Bool {
        guard case .name(let name) = host else { return false }
        return exceptions.contains { $0.target == .name(name) && $0.covers(port: port) }
    }
}
