// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// All addresses with the same first bits, such as `10.0.0.0/8`.
public struct AddressRange: Hashable, Sendable {
    public let first: HostAddress
    /// The number of bits of `first` that all addresses of the range share.
    public let prefix: Int

    /// The range of one address.
    public init(_ address: HostAddress) {
        first = address
        prefix = address.bytes.count * 8
    }

    /// Parses an address, a slash and a prefix length. Nil for any other text, and when the address has bits after the
    /// prefix.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = HostAddress(String(parts[0])), let length = decimal(parts[1]),
            length <= address.bytes.count * 8
        else { return nil }
        first = address
        prefix = length
        guard bitsBeyondPrefix.allSatisfy({ $0 == 0 }) else { return nil }
    }

    /// Whether `address` is in the range.
    public func contains(_ address: HostAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        return zip(address.bytes, zip(first.bytes, mask)).allSatisfy { byte, own in (byte ^ own.0) & own.1 == 0 }
    }

    private var bitsBeyondPrefix: [UInt8] { zip(first.bytes, mask).map { $0 & ~$1 } }

    /// The bytes of the bit mask of the prefix.
    private var mask: [UInt8] {
        first.bytes.indices.map { index in
            let bits = min(8, max(0, prefix - index * 8))
            return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
        }
    }
}

/// Parses a number of one to five decimal digits; nil for any other text.
func decimal(_ text: some StringProtocol) -> Int? {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
}
