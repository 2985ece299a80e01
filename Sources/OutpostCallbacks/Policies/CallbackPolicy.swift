// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostNetwork

/// Where callbacks may go.
public struct CallbackPolicy: Sendable {
    /// Nothing but the public internet.
    public static let publicOnly = CallbackPolicy(.publicOnly)

    private let destinations: DestinationPolicy

    private init(_ destinations: DestinationPolicy) { self.destinations = destinations }

    /// A policy that also lets callbacks go to `entries`, as in `DestinationPolicy`.
    ///
    /// - Throws: `invalid_request` that names the first entry that is none.
    public init(allowing entries: [String]) throws(OutpostError) {
        self.init(try DestinationPolicy(allowing: entries))
    }

    /// Checks a URL when it is submitted, without looking its host up: `http` or `https`, a host, no user, no fragment,
    /// at most 2048 bytes, a port from 1 to 65535, and no literal address that may not be called.
    ///
    /// - Throws: `invalid_request` about the field `callback_url`.
    public func check(_ url: String) throws(OutpostError) {
        let url = try CallbackURL(url)
        if case .address(let address) = url.host, !destinations.permits(address, port: url.port) {
            throw CallbackURL.problem("must not have an address that is not public")
        }
    }

    /// The one address to call; nil when one of those that the host has is forbidden.
    func destination(of url: CallbackURL, among addresses: [HostAddress]) -> HostAddress? {
        destinations.destination(of: url.host, port: url.port, among: addresses)
    }
}
