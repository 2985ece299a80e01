// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Where callbacks may go: to the public internet, and to what the operator lists.
public struct CallbackPolicy: Sendable {
    /// Nothing but the public internet.
    public static let publicOnly = CallbackPolicy(exceptions: [])

    private let exceptions: [CallbackException]

    private init(exceptions: [CallbackException]) { self.exceptions = exceptions }

    /// A policy that also lets callbacks go to `entries`.
    ///
    /// - Parameter entries: networks (`10.0.0.0/8`, `fd00::/8`), addresses (`127.0.0.1`, `127.0.0.1:9000`,
    ///   `[::1]:9000`) and names (`hooks.internal`, `hooks.internal:8443`); without a port, every port. A name may have
    ///   any address, so whoever answers for it is trusted.
    /// - Throws: `invalid_request` that names the first entry that is none of these.
    public init(allowing entries: [String]) throws(OutpostError) {
        var exceptions: [CallbackException] = []
        for entry in entries { exceptions.append(try CallbackException(entry)) }
        self.exceptions = exceptions
    }

    /// Checks a URL when it is submitted, without looking its host up: `http` or `https`, a host, no user, no fragment,
    /// at most 2048 bytes, a port from 1 to 65535, and no literal address that may not be called.
    ///
    /// - Throws: `invalid_request` about the field `callback_url`.
    public func check(_ url: String) throws(OutpostError) {
        let url = try CallbackURL(url)
        if case .address(let address) = url.host, !permits(address, port: url.port) {
            throw CallbackURL.problem("must not have an address that is not public")
        }
    }

    /// The one address to connect to, the first of all that the host has; nil when one of them is forbidden. Whoever
    /// names both public addresses and others wants the server to reach what only it can reach.
    func destination(of url: CallbackURL, among addresses: [HostAddress]) -> HostAddress? {
        let isListed = permitsName(of: url)
        guard addresses.allSatisfy({ isListed || permits($0, port: url.port) }) else { return nil }
        return addresses.first
    }

    private func permits(_ address: HostAddress, port: Int) -> Bool {
        if address.isPublic { return true }
        let meanings = [address, address.embedded].compactMap(\.self)
        return exceptions.contains { exception in
            guard case .range(let range) = exception.place else { return false }
            return exception.covers(port: port) && meanings.contains(where: range.contains)
        }
    }

    private func permitsName(of url: CallbackURL) -> Bool {
        guard case .name(let name) = url.host else { return false }
        return exceptions.contains { $0.place == .name(name) && $0.covers(port: url.port) }
    }
}

extension CallbackException {
    fileprivate func covers(port: Int) -> Bool { self.port == nil || self.port == port }
}
