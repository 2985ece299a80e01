// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The host's end of the connection to the agent of a sandbox. Everything from the agent is untrusted until it is
/// decoded.
@Reactor
final class AgentChannel {
    private struct Outgoing {
        var bytes: ArraySlice<UInt8>
        /// Sent with the first byte.
        var descriptors: [Descriptor]
    }

    private let link: AgentLink
    private let onEvent: @Reactor (GuestEvent) -> Void
    /// Called once, with the agent's error, or nil when the connection has just ended.
    private let onEnd: @Reactor (WireError?) -> Void
    private var decoder = FrameDecoder()
    private var greeting = Greeting()
    private var outgoing: [Outgoing] = []
    private var reading: Reactor.Watch?
    private var writing: Reactor.Watch?

    /// The maximum number of bytes in one read or write. Nil for no maximum.
    private let bytesAtOnce: Int?

    init(
        _ link: AgentLink, bytesAtOnce: Int? = nil, onEvent: @escaping @Reactor (GuestEvent) -> Void,
        onEnd: @escaping @Reactor (WireError?) -> Void
    ) throws(SystemError) {
        self.link = link
        self.bytesAtOnce = bytesAtOnce
        self.onEvent = onEvent
        self.onEnd = onEnd
        reading = try Reactor.watch(link.events, for: .read) { [weak self] in self?.receive() }
        send(.hello(Hello(features: [.attachedStreams, .framedStreams, .terminals])))
    }

    /// Sends a request, at once or when the socket has room.
    func send(_ request: GuestRequest, _ descriptors: [Descriptor] = []) {
        outgoing.append(Outgoing(bytes: request.frame.encoded[...], descriptors: descriptors))
        flush()
    }

    /// Closes the connection. Nothing more is sent or received.
    func close() {
        if let reading { Reactor.end(reading) }
        reading = nil
        endWriting()
        outgoing = []
        link.requests.descriptor.closeNow()
        link.events.closeNow()
    }

    private func flush() {
        guard reading != nil else { return }
        while let next = outgoing.first {
            do throws(SystemError) {
                let sent = try link.requests.send(
                    next.bytes.prefix(bytesAtOnce ?? next.bytes.count), descriptors: next.descriptors)
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
        writing = try Reactor.watch(link.requests.descriptor, for: .write) { [weak self] in self?.flush() }
    }

    private func endWriting() {
        if let writing { Reactor.end(writing) }
        writing = nil
    }

    private func receive() {
        guard bytesAtOnce == nil else {
            var buffer = [UInt8](repeating: 0, count: bytesAtOnce ?? 1)
            return receive(into: &buffer)
        }
        receive(into: &Self.buffer)
    }

    private func receive(into buffer: inout [UInt8]) {
        do {
            // The number of reads is limited, because an agent that sends without end must not block the reactor.
            for _ in 0..<16 {
                guard let count = try link.events.read(into: &buffer) else { return }
                guard count > 0 else { return end(nil) }
                decoder.append(buffer[..<count])
                while let frame = try decoder.next() {
                    let event = try GuestEvent(frame)
                    if try !greeting.check(event.hello) { onEvent(event) }
                }
            }
        } catch let error as WireError {
            end(error)
        } catch {
            end(nil)
        }
    }

    /// One buffer for all channels. Only the reactor's thread uses it, between two waits.
    private static var buffer = [UInt8](repeating: 0, count: 16_384)

    private func end(_ error: WireError?) {
        guard reading != nil else { return }
        close()
        onEnd(error)
    }
}
