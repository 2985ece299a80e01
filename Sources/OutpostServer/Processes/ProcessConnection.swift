// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OutpostAPI
import OutpostCore
import OutpostEngine

/// A WebSocket connection with a process. The client sends input, and gets output that holds the process up while the client
/// does not take it.
final class ProcessConnection: Sendable {
    private let reader: ProcessReader
    private let hold: QuotaHold
    /// Ends the process with the connection; nil for a process that goes on.
    private let lease: ProcessLease?
    private let hasTerminal: Bool
    private var process: LiveProcess { reader.process }

    init(_ reader: ProcessReader, _ hold: QuotaHold, _ lease: ProcessLease? = nil) {
        self.reader = reader
        self.hold = hold
        self.lease = lease
        hasTerminal = reader.process.record.terminal != nil
    }

    /// Releases what the connection holds.
    func end() {
        reader.leave()
        hold.release()
        lease?.end()
    }

    /// Passes messages in both directions until the process has ended or the client is gone.
    ///
    /// - Throws: the errors of the messages and of the socket.
    func run(_ socket: WebSocket, _ messages: WebSocketMessages) async throws {
        try await socket.limitUnsent(to: Self.mostUnsent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // The pings of the socket keep the connection open.
                try await self.reader.forEach(showsLife: false) { try await self.tell($0, socket) }
                try await socket.close(.normal)
                // The client answers the close, and `next` ends. This is for a client that does not.
                _ = socket.end(in: Self.closingTime)
            }
            while let message = try await messages.next() { try await take(message) }
            group.cancelAll()
        }
    }

    /// Bytes of output that can wait in the kernel. After Ctrl-C, the user sees the output that is on its way already.
    private static let mostUnsent: Int32 = 128 << 10
    /// The time for a slow client to take the output that is on its way, and to close its end.
    private static let closingTime = TimeAmount.seconds(30)

    private func tell(_ event: ProcessEvent, _ socket: WebSocket) async throws {
        switch event {
        case .output(let part):
            try await socket.send(part.bytes, after: hasTerminal ? [] : [ProcessMessage.prefix(of: part.stream)])
        case .nothing, .dropped: break
        case .end(let process):
            try await socket.send(String(decoding: ProcessExitMessage(process).json.bytes, as: UTF8.self))
        }
    }

    private func take(_ message: WebSocketMessages.Message) async throws {
        do throws(OutpostError) {
            switch message {
            case .binary(let bytes): try await process.input.write(Array(bytes.readableBytesView))
            case .text(let text):
                switch try ProcessMessage.Request(request: Array(text.utf8)) {
                case .resize(let size): try await process.resize(size)
                case .signal(let name): try await process.signal(ProcessSignal(name).number())
                case .end: try await process.input.close()
                }
            }
        } catch {
            // The end of the process is on its way to the client.
            guard error.code == .conflict, process.hasEnded else { throw error }
        }
    }
}

/// Ends a process with its connection.
final class ProcessLease: Sendable {
    private let process: LiveProcess
    private let sandboxes: SandboxService

    init(_ process: LiveProcess, in sandboxes: SandboxService) {
        self.process = process
        self.sandboxes = sandboxes
    }

    deinit { end() }

    /// Hangs the process up. A second call has no effect.
    func end() { sandboxes.hangUp(process) }
}
