// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// An IPv4 or IPv6 address without a port and without a zone.
public struct HostAddress: Hashable, Sendable {
    /// 4 or 16 bytes, in network byte order.
    public let bytes: [UInt8]

    /// Whether this is an IPv4 address.
    public var isIPv4: Bool { bytes.count == 4 }

    /// An address of 4 or 16 bytes; nil for another number of bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Parses four decimal numbers without leading zeros (RFC 6943, section 3.1.1) or an IPv6 address (RFC 4291, section
    /// 2.2). Nil for any other text, also for the looser forms that resolvers accept, such as `127.1` and `0x7f000001`.
    public init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        let isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
        guard inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
        self.bytes = bytes
    }

    /// The address of a socket; nil for another address family.
    public init?(_ address: UnsafePointer<sockaddr>) {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { Array($0) }
            }
        default:
            return nil
        }
    }
}

extension HostAddress: CustomStringConvertible {
    /// The canonical text, such as `192.0.2.1` or `2001:db8::1`.
    public var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard let base = text.baseAddress,
                inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, base, socklen_t(text.count)) != nil
            else { return "" }
            return String(cString: base)
        }
    }
}
