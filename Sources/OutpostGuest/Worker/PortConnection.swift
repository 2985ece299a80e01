// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// Forwards a connection to a port of the sandbox's loopback device as one stream in both directions. It tries IPv4, then IPv6.
struct PortConnection: WorkerTask {
    private enum State {
        case connecting(LoopbackConnection, LoopbackConnection.Family)
        case open(OutputStream, InputStream)
    }

    let number: UInt32
    private let port: UInt16
    private let window: UInt32
    private var state: State
    private var watch: EpollWatch
    private var hasFailed = false
    private var hasEndedSending = false
    private var socket: Descriptor
    let canProceed = false

    init(_ number: UInt32, port: UInt16, window: UInt32) throws(SystemError) {
        self.number = number
        self.port = port
        self.window = window
        let connection: LoopbackConnection
        let family: LoopbackConnection.Family
        do throws(SystemError) {
            (connection, family) = (try LoopbackConnection(port: port, .v4), .v4)
        } catch {
            guard error.number == SystemError.connectionRefused else { throw error }
            (connection, family) = (try LoopbackConnection(port: port, .v6), .v6)
        }
        socket = connection.socket
        state = .connecting(connection, family)
        watch = EpollWatch(connection.socket, .write, token: Token.token(.start, number))
    }

    var isOver: Bool {
        guard case .open(let output, let input) = state else { return hasFailed }
        return hasFailed || output.isOver && input.isOver
    }

    mutating func proceed() -> [WorkerReply] { [] }

    mutating func ready(_ kind: Token.Kind, _ epoll: Epoll) throws(SystemError) -> [WorkerReply] {
        switch state {
        case .connecting(let connection, let family): return try finish(connection, family, epoll)
        case .open(var output, var input):
            let message = kind == .output ? output.read() : kind == .input ? input.write() : nil
            state = .open(output, input)
            endSending()
            return message.map { [.stream(number, $0)] } ?? []
        }
    }

    private mutating func finish(
        _ connection: LoopbackConnection, _ family: LoopbackConnection.Family, _ epoll: Epoll
    ) throws(SystemError) -> [WorkerReply] {
        watch.end(epoll)
        do throws(SystemError) {
            try connection.finish()
            state = .open(
                OutputStream(number, connection.socket, credit: window),
                InputStream(number, try connection.socket.duplicate(), window: WorkerOperation.inputWindow))
            return [.begun(number, nil)]
        } catch {
            connection.socket.closeNow()
            if error.number == SystemError.connectionRefused, family == .v4,
                let next = try? LoopbackConnection(port: port, .v6)
            {
                socket = next.socket
                state = .connecting(next, .v6)
                watch = EpollWatch(next.socket, .write, token: Token.token(.start, number))
                return []
            }
            hasFailed = true
            return [.failed(number, errno: error.number, detail: "port \(port)")]
        }
    }

    mutating func receive(_ message: StreamMessage) throws(WireError) -> [WorkerReply] {
        guard case .open(var output, var input) = state else {
            guard case .reset = message else { throw WireError("data before a connection") }
            hasFailed = true
            return []
        }
        var reply: StreamMessage?
        switch message {
        case .data(let bytes): reply = try input.receive(bytes)
        case .end: reply = try input.end()
        case .credit(let bytes): try output.add(credit: bytes)
        case .reset: hasFailed = true
        }
        state = .open(output, input)
        endSending()
        return reply.map { [.stream(number, $0)] } ?? []
    }

    /// Ends the sending half of the socket once the host has ended its half and all its bytes are written.
    private mutating func endSending() {
        guard case .open(_, let input) = state, input.isOver, !hasEndedSending else { return }
        hasEndedSending = true
        MessageSocket(socket).endSending()
    }

    mutating func listen(_ epoll: Epoll, hasRoom: Bool) throws(SystemError) {
        switch state {
        case .connecting: try watch.set(true, epoll)
        case .open(var output, var input):
            try output.listen(epoll, hasRoom: hasRoom)
            try input.listen(epoll)
            state = .open(output, input)
        }
    }

    func end(_ epoll: Epoll) {
        switch state {
        case .connecting(let connection, _):
            watch.end(epoll)
            connection.socket.closeNow()
        case .open(let output, let input):
            output.close(epoll)
            input.close(epoll)
        }
    }
}
