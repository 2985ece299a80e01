// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// One request to a sandbox's worker, from its begin to its end.
@Reactor
final class WorkerExchange {
    let number: UInt32
    private var flow: ExchangeFlow
    private let send: @Reactor (WorkerExchange, StreamMessage) -> Void
    private let onEnd: @Reactor (WorkerExchange) -> Void
    private var waiters: [CheckedContinuation<Void, Never>] = []

    /// Bytes that come before the first credit.
    nonisolated static let window: UInt32 = 262_144

    /// - Parameters:
    ///   - subject: the path or the port that errors name.
    ///   - onEnd: called once, when nothing more comes of it.
    init(
        _ number: UInt32, subject: String, send: @escaping @Reactor (WorkerExchange, StreamMessage) -> Void,
        onEnd: @escaping @Reactor (WorkerExchange) -> Void
    ) {
        self.number = number
        flow = ExchangeFlow(subject: subject, window: Self.window, credit: WorkerOperation.inputWindow)
        self.send = send
        self.onEnd = onEnd
    }

    /// Takes what the worker says of it.
    ///
    /// - Throws: `WireError` when the worker says what it must not.
    func receive(_ reply: WorkerReply) throws(WireError) {
        try flow.receive(reply)
        changed()
    }

    /// The worker is gone.
    func fail(_ error: OutpostError) {
        flow.fail(error)
        changed()
    }

    /// Wants nothing more of it.
    func cancel() {
        guard !flow.isOver else { return }
        flow.fail(OutpostError(.unavailable, "the call was ended"))
        send(self, .reset(errno: SystemError.cancelled))
        changed()
    }

    private func changed() {
        if flow.isOver { onEnd(self) }
        let woken = waiters
        waiters = []
        for waiter in woken { waiter.resume() }
    }

    /// Returns what `body` finds, as soon as it finds something.
    private func wait<Found: Sendable>(_ body: (inout ExchangeFlow) -> Found?) async throws(OutpostError) -> Found {
        while true {
            if let found = body(&flow) { return found }
            if let error = flow.failure { throw error }
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiters.append($0) }
            } onCancel: {
                Reactor.perform { self.cancel() }
            }
        }
    }

    /// Waits until the request has its stream.
    func opened() async throws(OutpostError) -> FileInformation? { try await wait { $0.opening } ?? nil }

    /// Waits until the request is done.
    func done() async throws(OutpostError) -> FileInformation? { try await wait { $0.outcome } ?? nil }

    /// The next bytes; nil at the end.
    func next() async throws(OutpostError) -> [UInt8]? {
        let bytes = try await wait { $0.takeBytes() }
        guard let bytes else { return nil }
        if let credit = flow.use(bytes.count) { send(self, .credit(credit)) }
        return bytes
    }

    /// Sends bytes as the worker gives credit; returns when all are sent.
    func write(_ bytes: [UInt8]) async throws(OutpostError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try await wait { $0.room(for: rest.count) }
            send(self, .data(Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
    }

    /// Sends nothing more.
    func end() {
        guard flow.end() else { return }
        send(self, .end)
        changed()
    }
}
