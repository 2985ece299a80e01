// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// An event of code in a kernel, for a reader that follows it.
public enum KernelEvent: Sendable {
    /// The first event.
    case start(ExecutionID, SandboxID, ContextID)
    case output(OutputPart)
    case result(KernelResult)
    /// No other event for 15 seconds. The reader's connection needs it to stay open.
    case nothing
    /// The last event.
    case end(KernelExecution)
    /// The last event of code that did not start.
    case failure(OutpostError)

    fileprivate var bytes: Int {
        switch self {
        case .output(let part): part.bytes.count
        case .result(let result): result.bytes
        case .start, .nothing, .end, .failure: 0
        }
    }
}

/// The end of code in a kernel.
public final class KernelEnding: Sendable {
    private let begun = Milestone()
    private let over = Milestone()
    private let result = Mutex<Result<KernelExecution, OutpostError>?>(nil)

    /// Tells that the code has started.
    func begin() { begun.reach() }

    /// Tells how the code ended.
    func end(_ outcome: Result<KernelExecution, OutpostError>) {
        result.withLock { $0 = outcome }
        begun.reach()
        over.reach()
    }

    /// Whether the code has ended.
    var isOver: Bool { over.isReached }

    /// Waits until the code has started.
    ///
    /// - Throws: the error that kept it from starting.
    func waitForStart() async throws(OutpostError) {
        await begun.wait()
        if case .failure(let error)? = result.withLock({ $0 }) { throw error }
    }

    /// Waits for the end.
    ///
    /// - Returns: nil when the code has not started.
    public func execution() async -> KernelExecution? {
        await over.wait()
        guard case .success(let execution)? = result.withLock({ $0 }) else { return nil }
        return execution
    }
}

/// Code in a kernel with one reader, who gets every event. The code waits for a slow reader, and is interrupted when the
/// reader leaves. The reader must call `leave`.
public final class KernelRun: Sendable {
    /// The end of the code. It does not keep the reader.
    public let ending = KernelEnding()
    private let events = OrderedQueue<KernelEvent>(limit: 128 << 10)
    private let task: Task<Void, Never>

    /// Starts the code.
    init(_ request: KernelExecRequest, in kernel: Kernel, tasks: TaskOwner) {
        let id = ExecutionID()
        events.put(.start(id, kernel.sandboxID, kernel.id), bytes: 0)
        let task = Task { [events, ending] in
            let result: Result<KernelExecution, OutpostError>
            do throws(OutpostError) {
                result = .success(
                    try await kernel.exec(
                        request, id: id, tell: { await events.send($0, bytes: $0.bytes) },
                        onStart: { ending.begin() }))
            } catch {
                result = .failure(error)
            }
            ending.end(result)
            switch result {
            case .success(let execution): events.put(.end(execution), bytes: 0)
            case .failure(let error): events.put(.failure(error), bytes: 0)
            }
            events.close()
        }
        self.task = task
        tasks.run { await task.value }
    }

    deinit { leave() }

    /// Ends the reading, and interrupts the code. A second call has no effect.
    public func leave() {
        if !ending.isOver { task.cancel() }
        events.close()
    }

    /// Calls `tell` with each event until the code has ended or the reader has left.
    ///
    /// - Throws: the errors of `tell`; `CancellationError`.
    public func forEach(_ tell: (KernelEvent) async throws -> Void) async throws {
        while true {
            switch await events.next(within: SignOfLife.wait) {
            case .elements(let found): for event in found { try await tell(event) }
            case .end: return
            case .nothing:
                try Task.checkCancellation()
                try await tell(.nothing)
            }
        }
    }
}
