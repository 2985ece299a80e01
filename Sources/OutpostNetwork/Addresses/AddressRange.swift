// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The addresses that begin with the same bits, `10.0.0.0/8`.
public struct AddressRange: Hashable, Sendable {
    public let first: HostAddress
    /// How many bits of `first` count.
    public let prefix: Int

    /// One address.
    public init(_ address: HostAddress) {
        first = address
        prefix = address.bytes.count * 8
    }

    /// What `text` spells; nil unless it is an address, a slash and a length with no bit of the address beyond it.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = HostAddress(String(parts[0])), let length = decimal(parts[1]),
            length <= address.bytes.count * 8
        else { return nil }
        first = address
        prefix = length
        guard bitsBeyondPrefix.allSatisfy({ $0 == 0 }) else { return nil }
    }

    /// Whether the address begins with the same bits.
    public func contains(_ address: HostAddress) -> Bool {
        guard address.bytes.count == first.bytes.count else { return false }
        return zip(address.bytes, zip(first.bytes, mask)).allSatisfy { byte, own in (byte ^ own.0) & own.1 == 0 }
    }

    private var bitsBeyondPrefix: [UInt8] { zip(first.bytes, mask).map { $0 & ~$1 } }

    /// The bits that count, byte by byte.
    private var mask: [UInt8] {
        first.bytes.indices.map { index in
            let bits = min(8, max(0, prefix - index * 8))
            return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
        }
    }
}

/// The number that `text` spells in decimal digits alone; nil for any other text and beyond five digits.
func decimal(_ text: some StringProtocol) -> Int? {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text)
}
