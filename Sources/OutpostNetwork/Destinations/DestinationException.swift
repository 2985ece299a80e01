// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// A destination outside of the public internet that the operator allows.
struct DestinationException: Hashable, Sendable {
    enum Target: Hashable, Sendable {
        case range(AddressRange)
        /// A name in lower case, with any addresses.
        case name(String)
    }

    let target: Target
    /// Nil for every port.
    let port: Int?

    /// Parses an entry of the operator's list.
    ///
    /// - Throws: `invalid_request` that names the entry.
    init(_ entry: String) throws(OutpostError) {
        if entry.utf8.contains(UInt8(ascii: "/")) {
            guard let range = AddressRange(entry) else {
                throw OutpostError(
                    .invalidRequest,
                    "\(entry) is not a network: it must be an address, a slash and a prefix length, with no bits after the prefix"
                )
            }
            (target, port) = (.range(range), nil)
        } else if let address = HostAddress(entry) {
            (target, port) = (.range(AddressRange(address)), nil)
        } else {
            (target, port) = try Self.hostAndPort(entry)
        }
    }

    private static func hostAndPort(_ entry: String) throws(OutpostError) -> (Target, Int?) {
        do {
            let authority = try Authority(entry)
            switch authority.host {
            case .address(let address): return (.range(AddressRange(address)), authority.port)
            case .name(let name): return (.name(name), authority.port)
            }
        } catch {
            throw OutpostError(.invalidRequest, "\(entry) \(error.rawValue)")
        }
    }

    func covers(port: Int) -> Bool { self.port == nil || self.port == port }
}
