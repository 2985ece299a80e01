// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// An output stream of a program in frames from the agent. The agent sends only as many bytes as the host has given
/// credit for.
@Reactor
final class FramedOutput: ProcessOutput {
    var listener: (@Reactor ([UInt8]) -> Bool)?
    var isFollowed = false
    var isAwaited = false
    private(set) var isStopped = false
    private var flow = ReceiveFlow(window: window)
    /// The bytes that arrived after the listener stopped the stream, at most the window.
    private var held: [UInt8] = []
    private let give: @Reactor (_ credit: UInt32) -> Void
    private var isAbandoned = false
    private var waiter: CheckedContinuation<Void, Never>?

    /// Bytes that the agent may send before the first credit.
    nonisolated static let window: UInt32 = 262_144

    /// Creates the stream.
    ///
    /// - Parameter give: sends credit to the agent.
    init(give: @escaping @Reactor (_ credit: UInt32) -> Void) { self.give = give }

    private var isOver: Bool { isAbandoned || (flow.hasEnded && held.isEmpty) }

    /// Handles a message of the agent about this stream.
    ///
    /// - Throws: `WireError` for an invalid message. The sandbox must be ended then.
    func receive(_ message: StreamMessage) throws(WireError) {
        switch message {
        case .data(let bytes):
            try flow.receive(bytes.count)
            if isAbandoned { return }
            if isStopped { held += bytes } else { deliver(bytes) }
        case .end:
            try flow.end()
            resumeWaiter()
        case .credit, .reset: throw WireError("input on a stream that only gives output")
        }
    }

    private func deliver(_ bytes: [UInt8]) {
        isStopped = !(listener?(bytes) ?? true)
        if let credit = flow.use(bytes.count) { give(credit) }
    }

    func resume() {
        guard isStopped else { return }
        isStopped = false
        let bytes = held
        held = []
        if !bytes.isEmpty { deliver(bytes) }
        resumeWaiter()
    }

    func waitForEnd(isAlone: Bool) async {
        if !isOver { await withCheckedContinuation { waiter = $0 } }
    }

    func abandon() {
        isAbandoned = true
        resumeWaiter()
    }

    private func resumeWaiter() {
        guard isOver else { return }
        waiter?.resume()
        waiter = nil
    }
}
