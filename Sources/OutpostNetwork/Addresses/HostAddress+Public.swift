// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The addresses of the public internet, by the special-purpose registries of IANA (RFC 6890).
extension HostAddress {
    /// Whether this is the address of a single host on the public internet. Addresses of this machine, of private
    /// networks and of groups are not public, nor are reserved ones.
    ///
    /// An IPv6 address with an embedded IPv4 address is public when the IPv4 address is.
    public var isPublic: Bool {
        if let embedded { return embedded.isPublic }
        if isIPv4 { return !specialIPv4.contains { $0.contains(self) } }
        return globalUnicast.contains { $0.contains(self) } && !specialIPv6.contains { $0.contains(self) }
    }

    /// Whether the address is this machine's own: `127.0.0.0/8` (RFC 1122, section 3.2.1.3) or `::1` (RFC 4291).
    public var isLoopback: Bool { loopback.contains { $0.contains(self) } }

    /// The IPv4 address that this IPv6 address embeds by its format; nil for none.
    public var embedded: HostAddress? {
        guard let format = embeddings.first(where: { $0.range.contains(self) }) else { return nil }
        return HostAddress(bytes: Array(bytes[format.offset..<format.offset + 4]))
    }
}

private let loopback = ["127.0.0.0/8", "::1/128"].compactMap(AddressRange.init)

private let specialIPv4 = [
    "0.0.0.0/8",  // this network: RFC 1122, section 3.2.1.3
    "10.0.0.0/8",  // private: RFC 1918
    "100.64.0.0/10",  // shared by carriers: RFC 6598
    "127.0.0.0/8",  // loopback: RFC 1122, section 3.2.1.3
    "169.254.0.0/16",  // link-local, and where clouds keep their metadata: RFC 3927
    "172.16.0.0/12",  // private: RFC 1918
    "192.0.0.0/24",  // protocol assignments: RFC 6890
    "192.0.2.0/24",  // documentation: RFC 5737
    "192.88.99.0/24",  // 6to4 relays, deprecated: RFC 7526
    "192.168.0.0/16",  // private: RFC 1918
    "198.18.0.0/15",  // benchmarks: RFC 2544
    "198.51.100.0/24",  // documentation: RFC 5737
    "203.0.113.0/24",  // documentation: RFC 5737
    "224.0.0.0/4",  // multicast: RFC 5771
    "240.0.0.0/4",  // reserved, with the broadcast address: RFC 1112, RFC 919
].compactMap(AddressRange.init)

/// The range of all addresses of single hosts on the internet (RFC 4291, section 2.4). Outside of it are, among others,
/// `::` and `::1` (RFC 4291), `64:ff9b:1::/48` (RFC 8215; each network chooses where it embeds an IPv4 address, so none
/// is looked for), `100::/64` (RFC 6666), `fc00::/7` (RFC 4193), `fe80::/10` (RFC 4291), `fec0::/10` (RFC 3879) and
/// `ff00::/8` (RFC 4291).
private let globalUnicast = ["2000::/3"].compactMap(AddressRange.init)

private let specialIPv6 = [
    "2001::/23",  // protocol assignments (RFC 2928), of which 2001::/32 is Teredo (RFC 4380)
    "2001:db8::/32",  // documentation: RFC 3849
    "3fff::/20",  // documentation: RFC 9637
].compactMap(AddressRange.init)

/// The formats that embed an IPv4 address, and the byte where it begins.
private let embeddings = [
    ("::ffff:0:0/96", 12),  // IPv4-mapped: RFC 4291, section 2.5.5.2
    ("::/96", 12),  // IPv4-compatible: RFC 4291, section 2.5.5.1; with :: and ::1, which 0.0.0.0/8 covers
    ("64:ff9b::/96", 12),  // NAT64: RFC 6052
    ("2002::/16", 2),  // 6to4: RFC 3056
].compactMap { text, offset in AddressRange(text).map { (range: $0, offset: offset) } }
