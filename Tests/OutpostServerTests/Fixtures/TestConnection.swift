// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import OutpostTesting

/// A client's connection, byte by byte. It reads no more than it is asked for, so what it does not take waits with the
/// server.
final class TestConnection {
    private let channel: any Channel
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var pending = ByteBuffer()

    private init(
        _ channel: any Channel, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.channel = channel
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    static func with<Value>(
        port: Int, _ body: (TestConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            // The kernel would make it as large as the host allows (tcp(7), "tcp_rmem").
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 18)
            .channelOption(.socketOption(.so_sndbuf), value: 1 << 18)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            try await body(TestConnection(connection.channel, inbound, outbound))
        }
    }

    /// Returns when the kernel has taken the bytes.
    func send(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes).get() }

    func send(_ text: String) async throws { try await send(ByteBuffer(string: text)) }

    /// What comes next; nil at the end.
    func next() async throws -> ByteBuffer? {
        guard pending.readableBytes == 0 else {
            defer { pending.clear() }
            return pending
        }
        return try await inbound.next()
    }

    /// Exactly `count` bytes.
    func bytes(_ count: Int) async throws -> ByteBuffer {
        while pending.readableBytes < count {
            guard let more = try await inbound.next() else { throw FixtureError("the connection ended early") }
            pending.writeImmutableBuffer(more)
        }
        guard let bytes = pending.readSlice(length: count) else { throw FixtureError("no bytes") }
        return bytes
    }

    /// The head of an answer, up to its empty line.
    func head() async throws -> String {
        var text = ""
        while !text.hasSuffix("\r\n\r\n") { text += String(buffer: try await bytes(1)) }
        return text
    }

    /// Asks for a WebSocket, and returns the head of the answer.
    func handshake(_ path: String, _ headers: String...) async throws -> String {
        let lines = [
            "GET \(path) HTTP/1.1", "Host: h", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        try await send((lines + headers).joined(separator: "\r\n") + "\r\n\r\n")
        return try await head()
    }

    /// The next frame that the server sends, but for pings, which are answered: on a busy machine a test may take longer than
    /// a client may be silent.
    func frame() async throws -> (first: UInt8, payload: ByteBuffer) {
        while true {
            let frame = try await nextFrame()
            guard frame.first == 0x89 else { return frame }
            try await send(masked(0x8A, Array(frame.payload.readableBytesView)))
        }
    }

    /// The next frame that the server sends.
    func nextFrame() async throws -> (first: UInt8, payload: ByteBuffer) {
        var head = try await bytes(2)
        let first = head.readInteger(as: UInt8.self) ?? 0
        var length = Int(head.readInteger(as: UInt8.self) ?? 0)
        if length == 126 {
            var long = try await bytes(2)
            length = Int(long.readInteger(as: UInt16.self) ?? 0)
        } else if length == 127 {
            var long = try await bytes(8)
            length = Int(long.readInteger(as: UInt64.self) ?? 0)
        }
        return (first, try await bytes(length))
    }
}

/// A frame as a client sends it, with a mask.
func masked(_ first: UInt8, _ payload: [UInt8], isMasked: Bool = true) -> ByteBuffer {
    var bytes = ByteBuffer()
    bytes.writeInteger(first)
    let flag: UInt8 = isMasked ? 0x80 : 0
    switch payload.count {
    case ...125: bytes.writeInteger(flag | UInt8(payload.count))
    case ...0xFFFF:
        bytes.writeInteger(flag | 126)
        bytes.writeInteger(UInt16(payload.count))
    default:
        bytes.writeInteger(flag | 127)
        bytes.writeInteger(UInt64(payload.count))
    }
    let key: [UInt8] = [1, 2, 3, 4]
    if isMasked { bytes.writeBytes(key) }
    bytes.writeBytes(isMasked ? payload.enumerated().map { $1 ^ key[$0 % 4] } : payload)
    return bytes
}
