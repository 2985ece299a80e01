// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The host's end of the socket to a sandbox's agent. What comes from it is hostile until it is decoded.
@Reactor
final class AgentChannel {
    private struct Outgoing {
        var bytes: ArraySlice<UInt8>
        /// Ride on the first byte.
        var descriptors: [Descriptor]
    }

    private let socket: MessageSocket
    private let onEvent: @Reactor (GuestEvent) -> Void
    /// Called once; with what the agent did wrong, or nil when it is just gone.
    private let onEnd: @Reactor (WireError?) -> Void
    private var decoder = FrameDecoder()
    private var outgoing: [Outgoing] = []
    private var reading: Reactor.Watch?
    private var writing: (watch: Reactor.Watch, descriptor: Descriptor)?

    init(
        _ socket: MessageSocket, onEvent: @escaping @Reactor (GuestEvent) -> Void,
        onEnd: @escaping @Reactor (WireError?) -> Void
    ) throws(SystemError) {
        self.socket = socket
        self.onEvent = onEvent
        self.onEnd = onEnd
        try socket.descriptor.setNonBlocking()
        reading = try Reactor.watch(socket.descriptor, for: .read) { [weak self] in self?.receive() }
    }

    /// Sends a request, now or as soon as there is room.
    func send(_ request: GuestRequest, _ descriptors: [Descriptor] = []) {
        outgoing.append(Outgoing(bytes: request.frame.encoded[...], descriptors: descriptors))
        flush()
    }

    func close() {
        if let reading { Reactor.end(reading) }
        reading = nil
        endWriting()
        outgoing = []
        socket.descriptor.closeNow()
    }

    private func flush() {
        guard reading != nil else { return }
        while let next = outgoing.first {
            do throws(SystemError) {
                let sent = try socket.send(next.bytes, descriptors: next.descriptors)
                guard let sent else { return try waitForRoom() }
                outgoing[0].descriptors = []
                outgoing[0].bytes = next.bytes.dropFirst(sent)
                if outgoing[0].bytes.isEmpty { outgoing.removeFirst() }
            } catch {
                return end(nil)
            }
        }
        endWriting()
    }

    private func waitForRoom() throws(SystemError) {
        guard writing == nil else { return }
        let descriptor = try socket.descriptor.duplicate()
        writing = (try Reactor.watch(descriptor, for: .write) { [weak self] in self?.flush() }, descriptor)
    }

    private func endWriting() {
        if let writing { Reactor.end(writing.watch) }
        writing = nil
    }

    private func receive() {
        do {
            // Bounded, so that an agent that never stops talking does not keep the reactor to itself.
            for _ in 0..<16 {
                switch try socket.receive(limit: 16_384) {
                case .nothing: return
                case .end: return end(nil)
                case .message(let bytes, _):
                    decoder.append(bytes)
                    while let frame = try decoder.next() { onEvent(try GuestEvent(frame)) }
                }
            }
        } catch let error as WireError {
            end(error)
        } catch {
            end(nil)
        }
    }

    private func end(_ error: WireError?) {
        guard reading != nil else { return }
        close()
        onEnd(error)
    }
}
