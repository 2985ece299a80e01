// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// What a program writes, as the agent sends it in frames: no more than the host has given credit for.
@Reactor
final class FramedOutput: ProcessOutput {
    var listener: (@Reactor ([UInt8]) -> Bool)?
    var isFollowed = false
    var isAwaited = false
    private(set) var isStopped = false
    private var flow = ReceiveFlow(window: window)
    /// What came since the listener had enough; no more than the window.
    private var held: [UInt8] = []
    private let give: @Reactor (_ credit: UInt32) -> Void
    private var isAbandoned = false
    private var waiter: CheckedContinuation<Void, Never>?

    /// Bytes that come before the first credit.
    nonisolated static let window: UInt32 = 262_144

    /// - Parameter give: tells the agent how many more bytes are taken.
    init(give: @escaping @Reactor (_ credit: UInt32) -> Void) { self.give = give }

    private var isOver: Bool { isAbandoned || (flow.hasEnded && held.isEmpty) }

    /// - Throws: `WireError` when the agent sends what it must not; its sandbox is of no use then.
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
