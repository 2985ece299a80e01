// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// A TCP connection that can send bytes that no HTTP client would send.
public enum RawConnection {
    /// Sends `bytes` to the port of the loopback device. Returns all bytes that arrive until the server closes the
    /// connection.
    ///
    /// - Throws: `FixtureError` when the server has not closed it after `limit`.
    public static func exchange(
        port: Int, _ bytes: [UInt8], limit: Duration = .seconds(120)
    ) async throws -> [UInt8] {
        let channel = try await connect(port)
        return try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask { try await talk(inbound, outbound, bytes) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw FixtureError("the server kept the connection open for \(limit)")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        }
    }

    /// Sends `bytes` and keeps the connection open while `body` runs.
    public static func whileOpen(
        port: Int, _ bytes: [UInt8], _ body: @Sendable () async throws -> Void
    ) async throws {
        try await connect(port).executeThenClose { _, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            try await body()
        }
    }

    /// Does the same as `exchange`, but reads at most `bytesPerSecond`. The server must hold the rest.
    public static func exchange(port: Int, _ bytes: [UInt8], bytesPerSecond: Int) async throws -> [UInt8] {
        try await connect(port).executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: bytes))
            var received: [UInt8] = []
            var begun: ContinuousClock.Instant?
            for try await part in inbound {
                let start = begun ?? .now
                begun = start
                received += part.readableBytesView
                let seconds = Double(received.count) / Double(bytesPerSecond)
                try await Task.sleep(until: start + .seconds(seconds), clock: .continuous)
            }
            return received
        }
    }

    private static func connect(_ port: Int) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
    }

    private static func talk(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ bytes: [UInt8]
    ) async throws -> [UInt8] {
        var received: [UInt8] = []
        do {
            try await outbound.write(ByteBuffer(bytes: bytes))
            for try await part in inbound { received += part.readableBytesView }
        } catch let error as IOError where error.errnoCode == 104 || error.errnoCode == 32 {
            // ECONNRESET or EPIPE: the server may close the connection before it has read everything.
        }
        return received
    }
}
