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

    /// Bytes that the worker may send before the first credit.
    nonisolated static let window: UInt32 = 262_144

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

    /// Waits until a pipe of the request has something to read or has ended.
    func waitForContent(in pipe: Descriptor) async throws(OutpostError) {
        var watch: Reactor.Watch?
        let endWatch = { @Reactor in
            if let watch { Reactor.end(watch) }
            watch = nil
        }
        do throws(SystemError) {
            watch = try Reactor.watch(pipe, for: .read) { [weak self] in
                endWatch()
                self?.changed()
            }
        } catch {
            throw OutpostError(.internal, "the content of a file cannot be read", cause: error)
        }
        defer { endWatch() }
        try await wait { _ in watch == nil ? () : nil }
    }

    /// Waits until the worker has ended the stream, which must have no bytes.
    func ended() async throws(OutpostError) {
        let bytes = try await wait { $0.takeBytes() }
        guard bytes == nil else { throw OutpostError(.internal, "the sandbox's worker sent bytes twice") }
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
