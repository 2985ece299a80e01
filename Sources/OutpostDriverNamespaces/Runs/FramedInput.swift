// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// The stdin of a program in frames to the agent. It sends only as many bytes as the agent has given credit for.
@Reactor
final class FramedInput: ProcessInput {
    private var flow = SendFlow(credit: ProcessStreams.inputWindow)
    private var rest: ArraySlice<UInt8>
    /// Whether more input may follow.
    private var isOpen: Bool
    private let send: @Reactor (StreamMessage) -> Void
    /// Wait until `rest` is empty.
    private var onTaken: [@Reactor () -> Void] = []

    /// Creates the stream and sends the first bytes.
    ///
    /// - Parameter isOpen: whether more input may follow.
    init(_ bytes: [UInt8], isOpen: Bool, send: @escaping @Reactor (StreamMessage) -> Void) {
        rest = bytes[...]
        self.isOpen = isOpen
        self.send = send
        proceed()
    }

    /// Handles a message of the agent about this stream.
    ///
    /// - Throws: `WireError` for an invalid message. The sandbox must be ended then.
    func receive(_ message: StreamMessage) throws(WireError) {
        switch message {
        case .credit(let bytes):
            try flow.add(bytes)
            proceed()
        case .reset:
            flow.end()
            rest = []
            proceed()
        case .data, .end: throw WireError("output on a stream that only takes input")
        }
    }

    func append(_ bytes: [UInt8]) {
        guard isOpen, !flow.isOver else { return }
        rest += bytes
        proceed()
    }

    func whenTaken(_ action: @escaping @Reactor () -> Void) {
        onTaken.append(action)
        proceed()
    }

    func finish() {
        isOpen = false
        proceed()
    }

    func close() {
        rest = []
        finish()
    }

    private func proceed() {
        while flow.canSend, !rest.isEmpty {
            let part = rest.prefix(min(flow.credit, Self.partSize))
            rest = rest.dropFirst(part.count)
            flow.sent(part.count)
            send(.data(Array(part)))
        }
        guard rest.isEmpty else { return }
        let actions = onTaken
        onTaken = []
        for action in actions { action() }
        guard !isOpen, !flow.isOver else { return }
        flow.end()
        send(.end)
    }

    private static let partSize = 65_536
}
