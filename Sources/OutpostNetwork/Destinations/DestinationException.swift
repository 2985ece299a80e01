// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// One place beyond the public internet that the operator lists.
struct DestinationException: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case range(AddressRange)
        /// In lower case; whatever addresses it has.
        case name(String)
    }

    let place: Place
    /// nil for every port.
    let port: Int?

    /// - Throws: `invalid_request` that names the entry.
    init(_ entry: String) throws(OutpostError) {
        if entry.utf8.contains(UInt8(ascii: "/")) {
            guard let range = AddressRange(entry) else {
                throw OutpostError(
                    .invalidRequest,
                    "\(entry) is not a network: it must be an address, a slash and a length, and no bit set beyond it")
            }
            (place, port) = (.range(range), nil)
        } else if let address = HostAddress(entry) {
            (place, port) = (.range(AddressRange(address)), nil)
        } else {
            (place, port) = try Self.hostAndPort(entry)
        }
    }

    private static func hostAndPort(_ entry: String) throws(OutpostError) -> (Place, Int?) {
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
