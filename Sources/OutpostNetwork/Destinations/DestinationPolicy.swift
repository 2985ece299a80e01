// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Which hosts may be connected to: those of the public internet, and those that the operator lists.
public struct DestinationPolicy: Hashable, Sendable {
    /// Nothing but the public internet.
    public static let publicOnly = DestinationPolicy(exceptions: [])

    private let exceptions: [DestinationException]

    private init(exceptions: [DestinationException]) { self.exceptions = exceptions }

    /// A policy that also allows `entries`.
    ///
    /// - Parameter entries: networks (`10.0.0.0/8`, `fd00::/8`), addresses (`127.0.0.1`, `127.0.0.1:9000`,
    ///   `[::1]:9000`) and names (`hooks.internal`, `hooks.internal:8443`); without a port, every port. A name may have
    ///   any address, so whoever answers for it is trusted.
    /// - Throws: `invalid_request` that names the first entry that is none of these.
    public init(allowing entries: [String]) throws(OutpostError) {
        var exceptions: [DestinationException] = []
        for entry in entries { exceptions.append(try DestinationException(entry)) }
        self.exceptions = exceptions
    }

    /// The one address to connect to, the first of all that the host has; nil when one of them is forbidden. Whoever
    /// names both public addresses and others wants to reach what only this machine can reach.
    public func destination(of host: NetworkHost, port: Int, among addresses: [HostAddress]) -> HostAddress? {
        let isListed = permitsName(of: host, port: port)
        guard addresses.allSatisfy({ isListed || permits($0, port: port) }) else { return nil }
        return addresses.first
    }

    /// Whether the address may be connected to. An IPv6 address that stands for an IPv4 one is both.
    public func permits(_ address: HostAddress, port: Int) -> Bool {
        if address.isPublic { return true }
        let meanings = [address, address.embedded].compactMap(\.self)
        return exceptions.contains { exception in
            guard case .range(let range) = exception.place else { return false }
            return exception.covers(port: port) && meanings.contains(where: range.contains)
        }
    }

    private func permitsName(of host: NetworkHost, port: Int) -> Bool {
        guard case .name(let name) = host else { return false }
        return exceptions.contains { $0.place == .name(name) && $0.covers(port: port) }
    }
}
