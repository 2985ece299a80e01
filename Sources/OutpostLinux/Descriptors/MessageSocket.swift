// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// A Unix socket that sends bytes together with descriptors (unix(7), SCM_RIGHTS).
public struct MessageSocket: Sendable {
    /// The socket.
    public let descriptor: Descriptor

    /// Wraps a connected Unix socket.
    public init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// The result of one receive.
    public enum Received {
        /// Bytes and the descriptors that came with them.
        case message([UInt8], [Descriptor])
        /// The other end sends no more.
        case end
        /// A non-blocking socket has no data.
        case nothing
    }

    /// Makes a connected pair.
    ///
    /// - Parameter preservingBoundaries: whether each send is one receive (SOCK_SEQPACKET). Otherwise it is a byte stream.
    public static func pair(preservingBoundaries: Bool) throws(SystemError) -> (MessageSocket, MessageSocket) {
        var ends: [Int32] = [-1, -1]
        let kind = preservingBoundaries ? __socket_type(SOCK_SEQPACKET.rawValue) : SOCK_STREAM
        try checked("socketpair") { socketpair(AF_UNIX, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) }
        return (MessageSocket(Descriptor(owning: ends[0])), MessageSocket(Descriptor(owning: ends[1])))
    }

    /// Sends `bytes`, and up to 32 descriptors with the first byte.
    ///
    /// - Returns: the number of bytes sent, or nil when a non-blocking socket has no room.
    public func send(_ bytes: ArraySlice<UInt8>, descriptors: [Descriptor] = []) throws(SystemError) -> Int? {
        let numbers = descriptors.map(\.number)
        // The numbers are valid only while the descriptors live.
        defer { withExtendedLifetime(descriptors) {} }
        do {
            return try bytes.withUnsafeBytes { buffer in
                capture { () throws(SystemError) in
                    try shim("sendmsg") {
                        guard let base = buffer.baseAddress else { return 0 }
                        return outpost_send(descriptor.number, base, buffer.count, numbers, numbers.count, 0)
                    }
                }
            }.get()
        } catch  where error.number == EAGAIN {
            return nil
        }
    }

    /// Ends sending, so that the other end reads an end of file. This end can still receive.
    public func endSending() { shutdown(descriptor.number, Int32(SHUT_WR)) }

    /// Ends receiving for good. The other end's sends fail with EPIPE from then on, also those with descriptors, and the other
    /// end cannot undo that (`unix_shutdown` and `unix_stream_sendmsg` in net/unix/af_unix.c).
    ///
    /// A process that receives a descriptor, or closes a socket with unreceived descriptors, closes the descriptor. For a
    /// TCP socket that lingers the close can block as long as the sender likes (SO_LINGER in socket(7)).
    public func endReceiving() { shutdown(descriptor.number, Int32(SHUT_RD)) }

    /// The most descriptors in one message.
    public static let mostDescriptors = Int(OUTPOST_FDS_MAX)

    /// Receives at most `limit` bytes.
    ///
    /// - Throws: `SystemError`: EMSGSIZE for a longer message on a socket with boundaries.
    public func receive(limit: Int) throws(SystemError) -> Received {
        var numbers = [Int32](repeating: -1, count: Self.mostDescriptors)
        var count = 0
        let bytes: [UInt8]
        do {
            bytes = try receive(limit: limit, into: &numbers, count: &count)
        } catch  where error.number == EAGAIN {
            return .nothing
        }
        let descriptors = numbers.prefix(count).map(Descriptor.init(owning:))
        return bytes.isEmpty ? .end : .message(bytes, descriptors)
    }

    private func receive(
        limit: Int, into numbers: inout [Int32], count: inout Int
    ) throws(SystemError) -> [UInt8] {
        var outcome = Result<Int, SystemError>.success(0)
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            outcome = capture { () throws(SystemError) in
                try shim("recvmsg") {
                    count = numbers.count
                    return outpost_receive(descriptor.number, base, limit, &numbers, &count, 0)
                }
            }
            filled = (try? outcome.get()) ?? 0
        }
        _ = try outcome.get()
        return bytes
    }
}
