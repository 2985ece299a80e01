// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The host's end of the connection to a worker: the standard streams of its process. Everything from the worker is
/// untrusted until it is decoded.
@Reactor
final class WorkerConnection: ProcessListener {
    private enum State {
        case starting([UInt8])
        case up(any RunningProcess)
        case over
    }

    let isFollowing = true
    let isAwaiting = true
    private var state = State.starting(WorkerRequest.hello(Hello(features: .workers)).frame.encoded)
    private var exchanges: [UInt32: WorkerExchange] = [:]
    private var nextNumber: UInt32 = 1
    private var decoder = FrameDecoder()
    private var greeting = Greeting()
    /// Nil when the worker gets no descriptors.
    let pipes: WorkerPipes?
    private let onIdle: @Reactor () -> Void
    private let onEnd: @Reactor () -> Void

    /// Creates the connection. Requests wait until `started`.
    ///
    /// - Parameters:
    ///   - pipes: send descriptors to the worker.
    ///   - onIdle: called when the last request is complete.
    ///   - onEnd: called once, when it accepts no more requests.
    init(
        pipes: WorkerPipes? = nil, onIdle: @escaping @Reactor () -> Void, onEnd: @escaping @Reactor () -> Void
    ) {
        self.pipes = pipes
        self.onIdle = onIdle
        self.onEnd = onEnd
    }

    /// Whether no request is in progress.
    var isIdle: Bool { exchanges.isEmpty }

    /// Begins a request.
    func begin(_ operation: WorkerOperation) -> WorkerExchange {
        let exchange = WorkerExchange(
            nextNumber, subject: operation.subject, missing: operation.missing
        ) { [weak self] exchange, message in
            self?.send(.stream(exchange.number, message))
        } onEnd: { [weak self] in
            self?.forget($0)
        }
        nextNumber += 1
        exchanges[exchange.number] = exchange
        send(.begin(exchange.number, operation))
        return exchange
    }

    /// Sends a pipe for the next request.
    ///
    /// - Returns: the end to read from. Nil when the worker does not get it.
    func sendPipe() -> Descriptor? {
        if case .over = state { return nil }
        return pipes?.send()
    }

    private func forget(_ exchange: WorkerExchange) {
        guard exchanges.removeValue(forKey: exchange.number) != nil, exchanges.isEmpty else { return }
        onIdle()
    }

    private func send(_ request: WorkerRequest) {
        let bytes = request.frame.encoded
        switch state {
        case .starting(let waiting): state = .starting(waiting + bytes)
        case .up(let process): process.write(bytes)
        case .over: return
        }
    }

    /// Connects the process of the worker, and sends the waiting requests.
    func started(_ process: any RunningProcess) {
        guard case .starting(let waiting) = state else { return process.kill() }
        state = .up(process)
        process.write(waiting)
    }

    /// Ends the connection. The worker ends with its input.
    func close() {
        if case .up(let process) = state { process.closeInput() }
        fail(OutpostError(.unavailable, "the sandbox's worker is stopping", retryAfter: 1))
    }

    /// Fails all requests and accepts no more.
    func fail(_ error: OutpostError) {
        if case .over = state { return }
        state = .over
        // The table is emptied first. Otherwise the last failure would start the idle timer.
        pipes?.close()
        let failing = exchanges.values
        exchanges = [:]
        for exchange in failing { exchange.fail(error) }
        onEnd()
    }

    // MARK: - ProcessListener

    func begins(_ process: any RunningProcess, after waited: UInt64) {}

    func used(_ meter: ProcessMeter) {}

    func ended() { fail(OutpostError(.unavailable, "the sandbox's worker has ended", retryAfter: 1)) }

    func took(_ bytes: [UInt8], of stream: LiveOutput.Stream) -> Bool {
        // A worker writes only to stdout. A fault of its runtime would write to stderr.
        guard stream == .stdout, case .up(let process) = state else { return true }
        do throws(WireError) {
            decoder.append(bytes)
            while let frame = try decoder.next() { try receive(WorkerReply(frame)) }
        } catch {
            process.kill()
            fail(OutpostError(.internal, "the sandbox's worker sent an invalid message", cause: error))
        }
        return true
    }

    private func receive(_ reply: WorkerReply) throws(WireError) {
        if try greeting.check(reply.hello) { return }
        switch reply {
        case .hello: return
        // The host may have cancelled this request.
        case .begun(let number, _), .done(let number, _), .failed(let number, _, _), .stream(let number, _):
            try exchanges[number]?.receive(reply)
        }
    }
}

extension WorkerOperation {
    /// The path or port for errors.
    fileprivate var subject: String {
        switch self {
        case .read(let path, _, _, _, _), .write(let path, _, _, _), .status(let path, _), .list(let path, _, _),
            .makeFolder(let path, _, _), .remove(let path, _), .watch(let path, _, _), .makeLink(let path, _, _):
            path
        // The kernel does not tell which of them failed (rename(2)).
        case .move(let path, let target): "\(path) or \(target)"
        case .connect(let port, _): "port \(port)"
        }
    }

    /// What does not exist when the kernel answers ENOENT.
    fileprivate var missing: String {
        switch self {
        case .write(let path, _, _, _), .makeFolder(let path, _, _), .makeLink(let path, _, _): "the folder of \(path)"
        default: subject
        }
    }
}
