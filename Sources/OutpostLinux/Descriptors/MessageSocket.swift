// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// A Unix socket that carries bytes with descriptors.
public struct MessageSocket: Sendable {
    public let descriptor: Descriptor

    public init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// What one receive brought.
    public enum Received {
        case message([UInt8], [Descriptor])
        /// The other end is gone.
        case end
        /// Nothing yet, on a non-blocking socket.
        case nothing
    }

    /// A connected pair.
    ///
    /// - Parameter preservingBoundaries: SOCK_SEQPACKET, one send is one receive; else a byte stream.
    public static func pair(preservingBoundaries: Bool) throws(SystemError) -> (MessageSocket, MessageSocket) {
        var ends: [Int32] = [-1, -1]
        let kind = preservingBoundaries ? __socket_type(SOCK_SEQPACKET.rawValue) : SOCK_STREAM
        try checked("socketpair") { socketpair(AF_UNIX, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) }
        return (MessageSocket(Descriptor(owning: ends[0])), MessageSocket(Descriptor(owning: ends[1])))
    }

    /// Sends `bytes`, with up to 32 descriptors riding on the first of them.
    ///
    /// - Returns: how many bytes went, or nil when a non-blocking socket has no room.
    public func send(_ bytes: ArraySlice<UInt8>, descriptors: [Descriptor] = []) throws(SystemError) -> Int? {
        let numbers = descriptors.map(\.number)
        // The numbers are only good while the descriptors live.
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

    /// Lets the other end read an end of file, while this end still receives.
    public func endSending() { shutdown(descriptor.number, Int32(SHUT_WR)) }

    /// Takes nothing from the other end, ever: from now on the other end's sends fail with EPIPE, with their descriptors,
    /// and no call of its own undoes that (`unix_shutdown` and `unix_stream_sendmsg` in net/unix/af_unix.c).
    ///
    /// A descriptor that is taken, or waits to be, is closed by the process that takes it or closes the socket; that can
    /// last as long as the other end likes, as with a TCP socket that lingers (SO_LINGER in socket(7)).
    public func endReceiving() { shutdown(descriptor.number, Int32(SHUT_RD)) }

    /// How many descriptors one message can have.
    public static let mostDescriptors = Int(OUTPOST_FDS_MAX)

    /// Receives at most `limit` bytes; a longer message with boundaries is an error, EMSGSIZE.
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
