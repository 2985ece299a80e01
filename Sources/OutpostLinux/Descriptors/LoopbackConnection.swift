// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A TCP connection to a port of the loopback device. It may not be established yet.
public struct LoopbackConnection: Sendable {
    /// A non-blocking socket. It becomes writable when the connection is established or has failed.
    public let socket: Descriptor

    /// The version of the Internet protocol.
    public enum Family: Sendable {
        case v4, v6
    }

    /// Starts to connect, and does not wait for the connection.
    ///
    /// - Throws: `SystemError`: ECONNREFUSED when no program listens. The kernel can also report that later, in `finish`.
    public init(port: UInt16, _ family: Family) throws(SystemError) {
        let domain = family == .v4 ? AF_INET : AF_INET6
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        socket = Descriptor(owning: try checked("socket") { Glibc.socket(domain, kind, 0) })
        let number = socket.number
        do throws(SystemError) {
            switch family {
            case .v4:
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
                try Self.connect(number, &address)
            case .v6:
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = port.bigEndian
                address.sin6_addr = in6addr_loopback
                try Self.connect(number, &address)
            }
        } catch {
            guard error.number == EINPROGRESS else { throw error }
        }
    }

    private static func connect<Address>(_ number: Int32, _ address: inout Address) throws(SystemError) {
        try withUnsafeBytes(of: &address) { bytes in
            capture { () throws(SystemError) in
                guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return }
                try checked("connect") { Glibc.connect(number, start, socklen_t(bytes.count)) }
            }
        }.get()
    }

    /// Checks the connection after the socket has become writable.
    ///
    /// - Throws: `SystemError` when the connection has failed.
    public func finish() throws(SystemError) {
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        try checked("getsockopt") { getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &number, &size) }
        if number != 0 { throw SystemError("connect", number: number) }
    }
}
