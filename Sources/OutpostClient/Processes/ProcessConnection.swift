// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket
public import OutpostAPI
public import OutpostCore

/// A connection with a process. Any task can send; one task reads the events.
public struct ProcessConnection: Sendable {
    /// What comes from the process.
    public enum Event: Hashable, Sendable {
        /// The process wrote this. The output of a terminal is `stdout`.
        case output(LiveOutput.Stream, [UInt8])
        /// The process has ended. This is the last event.
        case ended(SandboxProcess)
    }

    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    private let allocator = ByteBufferAllocator()

    fileprivate init(_ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) { self.outbound = outbound }

    /// The most bytes of one message.
    private static let longestMessage = 64 << 10

    /// Sends input. Returns when the connection has taken it. A process that does not read holds this up in the end.
    ///
    /// - Throws: `unavailable` when the connection is gone.
    public func write(_ bytes: [UInt8]) async throws(OutpostError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try await send(.binary, ByteBuffer(bytes: rest.prefix(Self.longestMessage)))
            rest = rest.dropFirst(Self.longestMessage)
        }
    }

    /// Sends a message that is no input.
    ///
    /// - Throws: `unavailable` when the connection is gone.
    public func send(_ request: ProcessMessage.Request) async throws(OutpostError) {
        try await send(.text, ByteBuffer(bytes: request.json.bytes))
    }

    fileprivate func send(_ kind: WebSocketOpcode, _ payload: ByteBuffer) async throws(OutpostError) {
        do {
            // A client masks its frames (RFC 6455, section 5.3).
            try await outbound.write(WebSocketFrame(fin: true, opcode: kind, maskKey: .random(), data: payload))
        } catch {
            throw OutpostError(.unavailable, "the connection with the process is gone", cause: error)
        }
    }
}

extension OutpostClient {
    /// Connects to a process. The process goes on when the connection ends.
    ///
    /// - Parameters:
    ///   - position: the client has the output up to here; 0 for none.
    ///   - use: sends to the process. The connection closes when it returns.
    ///   - take: gets the events, one after the other. A slow one holds the process up.
    /// - Throws: the server's error; `unavailable` when the connection breaks; the errors of `use` and `take`.
    /// - Returns: the ended process. Nil when `use` returned before.
    public func attach(
        to id: ProcessID, in sandbox: SandboxID, after position: Int = 0, hasTerminal: Bool,
        _ use: @escaping @Sendable (ProcessConnection) async throws -> Void,
        taking take: @escaping @Sendable (ProcessConnection.Event) async throws -> Void
    ) async throws -> SandboxProcess? {
        let call = Call(
            operation: .attachProcess, parameters: place(sandbox, id),
            query: ExecutionEventsQuery(after: UInt64(clamping: position)).pairs)
        return try await connect(call, hasTerminal: hasTerminal, use, take)
    }

    /// Starts a login shell or a command with a terminal in a sandbox, and connects to it. It ends with the connection,
    /// unless the query says that it is kept.
    ///
    /// - Throws: as `attach`.
    /// - Returns: as `attach`.
    public func openTerminal(
        in sandbox: SandboxID, _ query: TerminalQuery,
        _ use: @escaping @Sendable (ProcessConnection) async throws -> Void,
        taking take: @escaping @Sendable (ProcessConnection.Event) async throws -> Void
    ) async throws -> SandboxProcess? {
        let call = Call(operation: .openTerminal, parameters: place(sandbox), query: query.pairs)
        return try await connect(call, hasTerminal: true, use, take)
    }

    private func connect(
        _ call: Call, hasTerminal: Bool, _ use: @escaping @Sendable (ProcessConnection) async throws -> Void,
        _ take: @escaping @Sendable (ProcessConnection.Event) async throws -> Void
    ) async throws -> SandboxProcess? {
        let channel = try await opening(call, subprotocol: ProcessMessage.subprotocol).open()
        let idleTimer = IdleTimer()
        return try await channel.executeThenClose { inbound, outbound in
            let connection = ProcessConnection(outbound)
            return try await withThrowingTaskGroup(of: SandboxProcess?.self) { group in
                group.addTask {
                    try await use(connection)
                    return nil
                }
                group.addTask {
                    try await self.read(inbound, connection, hasTerminal: hasTerminal, idleTimer, take)
                }
                group.addTask {
                    try await idleTimer.outlast(longestWebSocketSilence)
                    throw self.silent()
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        }
    }

    private func silent() -> OutpostError {
        OutpostError(
            .unavailable,
            "\(configuration.address) has sent nothing for \(longestWebSocketSilence.components.seconds) s")
    }

    /// Reads messages until the process has ended.
    private func read(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ connection: ProcessConnection, hasTerminal: Bool,
        _ idleTimer: IdleTimer, _ take: (ProcessConnection.Event) async throws -> Void
    ) async throws -> SandboxProcess {
        var frames = inbound.makeAsyncIterator()
        while let frame = try await next(&frames, idleTimer) {
            var payload = frame.unmaskedData
            switch frame.opcode {
            case .ping: try await connection.send(.pong, payload)
            case .binary:
                let stream: LiveOutput.Stream
                if hasTerminal {
                    stream = .stdout
                } else {
                    let prefix = payload.readInteger(as: UInt8.self)
                    stream = prefix == ProcessMessage.prefix(of: .stderr) ? .stderr : .stdout
                }
                try await take(.output(stream, Array(payload.readableBytesView)))
            case .text:
                let process = try ProcessExitMessage(reply: Array(payload.readableBytesView)).process
                try await take(.ended(process))
                return process
            case .connectionClose: throw closed(&payload)
            default: break
            }
        }
        throw OutpostError(.unavailable, "\(configuration.address) ended the connection with the process")
    }

    private func next(
        _ frames: inout NIOAsyncChannelInboundStream<WebSocketFrame>.AsyncIterator, _ idleTimer: IdleTimer
    ) async throws -> WebSocketFrame? {
        idleTimer.begin()
        defer { idleTimer.end() }
        do {
            return try await frames.next()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw OutpostError(
                .unavailable, "the connection with \(configuration.address) broke", cause: error)
        }
    }

    /// Returns the error for the server's reason to close (RFC 6455, section 5.5.1).
    private func closed(_ payload: inout ByteBuffer) -> OutpostError {
        let code = payload.readInteger(as: UInt16.self) ?? 1005
        let reason = String(decoding: payload.readableBytesView, as: UTF8.self)
        return OutpostError(
            .unavailable,
            "\(configuration.address) ended the connection: \(reason.isEmpty ? "code \(code)" : reason)")
    }
}

/// The longest silence of a living server. It sends a ping every 30 seconds.
private let longestWebSocketSilence = Duration.seconds(90)
