// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostNetwork

/// The destinations that callbacks may have.
public struct CallbackPolicy: Sendable {
    /// Only the public internet.
    public static let publicOnly = CallbackPolicy(.publicOnly)

    private let destinations: DestinationPolicy

    private init(_ destinations: DestinationPolicy) { self.destinations = destinations }

    /// A policy that also allows `entries`, which have the form of `DestinationPolicy`'s entries.
    ///
    /// - Throws: `invalid_request` that names the first invalid entry.
    public init(allowing entries: [String]) throws(OutpostError) {
        self.init(try DestinationPolicy(allowing: entries))
    }

    /// Checks a URL at its submission, without a look-up of its host. It must have the scheme `http` or `https`, a host,
    /// no user, no fragment, at most 2048 bytes, a port from 1 to 65535, and no literal address that is forbidden.
    ///
    /// - Throws: `invalid_request` about the field `callback_url`.
    public func check(_ url: String) throws(OutpostError) {
        let url = try CallbackURL(url)
        if case .address(let address) = url.host, !destinations.permits(address, port: url.port) {
            throw CallbackURL.problem("must not have an address that is not public")
        }
    }

    /// The address to connect to; nil when one of the host's addresses is forbidden.
    func destination(of url: CallbackURL, among addresses: [HostAddress]) -> HostAddress? {
        destinations.destination(of: url.host, port: url.port, among: addresses)
    }
}
