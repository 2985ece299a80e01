// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// One request to the worker of a sandbox.
@Reactor
final class WorkerExchange {
    let number: UInt32
    private var flow: ExchangeFlow
    private let send: @Reactor (WorkerExchange, StreamMessage) -> Void
    private let onEnd: @Reactor (WorkerExchange) -> Void
    private var waiters: [CheckedContinuation<Void, Never>] = []

    /// Bytes that the worker may send before the first credit. A larger window makes reading slower: its bytes leave the
    /// processor's cache before the server has passed them on.
    nonisolated static let window: UInt32 = 196_608

    /// Creates the request.
    ///
    /// - Parameters:
    ///   - subject: the path or port for errors.
    ///   - missing: what does not exist when the kernel says so.
    ///   - onEnd: called once, when the request is complete.
    init(
        _ number: UInt32, subject: String, missing: String,
        send: @escaping @Reactor (WorkerExchange, StreamMessage) -> Void,
        onEnd: @escaping @Reactor (WorkerExchange) -> Void
    ) {
        self.number = number
        flow = ExchangeFlow(
            subject: subject, missing: missing, window: Self.window, credit: WorkerOperation.inputWindow)
        self.send = send
        self.onEnd = onEnd
    }

    /// Handles a reply of the worker.
    ///
    /// - Throws: `WireError` for an invalid reply.
    func receive(_ reply: WorkerReply) throws(WireError) {
        try flow.receive(reply)
        changed()
    }

    /// Handles bytes of the worker.
    ///
    /// - Throws: `WireError` when they come out of turn.
    func receive(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        try flow.receive(bytes)
        changed()
    }

    /// Fails the request.
    func fail(_ error: OutpostError) {
        flow.fail(error)
        changed()
    }

    /// Cancels the request.
    func cancel() {
        guard !flow.isOver else { return }
        flow.fail(OutpostError(.unavailable, "the call was cancelled"))
        send(self, .reset(errno: SystemError.cancelled))
        changed()
    }

    private func changed() {
        if flow.isOver { onEnd(self) }
        let woken = waiters
        waiters = []
        for waiter in woken { waiter.resume() }
    }

    /// Calls `body` after each change until it returns a value. Cancelling the task cancels the request.
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

    /// Waits until the stream has started, and returns its information.
    func opened() async throws(OutpostError) -> FileInformation? { try await wait { $0.opening } ?? nil }

    /// Waits until the request is done, and returns its information.
    func done() async throws(OutpostError) -> FileInformation? { try await wait { $0.outcome } ?? nil }

    /// Returns the next bytes. Nil at the end.
    func next() async throws(OutpostError) -> [UInt8]? {
        let bytes = try await wait { $0.takeBytes() }
        guard let bytes else { return nil }
        if let credit = flow.use(bytes.count) { send(self, .credit(credit)) }
        return bytes
    }

    /// Sends bytes when the worker gives credit. Returns when all are sent.
    func write(_ bytes: [UInt8]) async throws(OutpostError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try await wait { $0.room(for: rest.count) }
            send(self, .data(Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
    }

    /// Ends the outgoing direction.
    func end() {
        guard flow.end() else { return }
        send(self, .end)
        changed()
    }
}
