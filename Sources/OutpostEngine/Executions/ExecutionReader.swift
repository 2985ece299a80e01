// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// An event of a run, for a reader that follows it.
public enum ExecutionEvent: Sendable {
    /// The first event.
    case start(ExecutionID, SandboxID)
    /// The program wrote these parts, the oldest first; at least one.
    case output([OutputEvent])
    /// No other event for 15 seconds. The reader's connection needs it to stay open.
    case nothing
    /// The last event.
    case end(Execution)
    /// The last event of a run that failed before its program started.
    case failure(OutpostError)
}

/// The end of a run that may be in progress.
public struct ExecutionEnding: Sendable {
    fileprivate let outcome: @Sendable () async -> Execution?

    /// Waits for the end.
    ///
    /// - Returns: the result. Nil when the calling task was cancelled before, or the program has not started.
    public func execution() async -> Execution? { await outcome() }
}

/// One reader of a run. It gets every event from its first one on, and the program waits for it.
///
/// The reader must call `leave` at its end.
public final class ExecutionReader: Sendable {
    private enum Source {
        case running(RunningExecution, cancels: Bool)
        case ended(Execution)
    }

    /// The run.
    public let id: ExecutionID
    private let sandboxID: SandboxID
    private let source: Source
    private let output: LiveOutput?
    private let pace: LiveOutput.Pace?
    private let tasks: TaskOwner
    private let hasLeft = Atomic<Bool>(false)

    /// Creates a reader of a run in progress.
    ///
    /// - Parameters:
    ///   - number: the last event that the reader has; 0 for none.
    ///   - cancels: whether `leave` cancels the run.
    ///   - tasks: owns this cancellation.
    init(_ run: RunningExecution, after number: UInt64 = 0, cancels: Bool, tasks: TaskOwner) {
        id = run.id
        sandboxID = run.sandboxID
        source = .running(run, cancels: cancels)
        output = run.output
        pace = run.output?.pace(after: number)
        self.tasks = tasks
    }

    /// Creates a reader of an ended run.
    init(_ ended: ExecutionBook.Ended, after number: UInt64, tasks: TaskOwner) {
        id = ended.execution.id
        sandboxID = ended.execution.sandboxID
        source = .ended(ended.execution)
        output = ended.output
        pace = ended.output?.pace(after: number)
        self.tasks = tasks
    }

    deinit { leave() }

    /// Lets the program go on without this reader, or cancels the run. A second call has no effect.
    public func leave() {
        guard !hasLeft.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if case .running(let run, cancels: true) = source, run.result == nil { tasks.run { await run.cancel() } }
        if let pace { output?.leave(pace) }
    }

    /// The end of the run. Unlike the reader, it does not hold the program up and does not cancel it.
    public var ending: ExecutionEnding {
        switch source {
        case .running(let run, _): ExecutionEnding { await run.outcome() }
        case .ended(let execution): ExecutionEnding { execution }
        }
    }

    /// Calls `tell` with each event until the run has ended or the reader has left.
    ///
    /// - Throws: the errors of `tell`; `CancellationError`.
    public func forEach(_ tell: (ExecutionEvent) async throws -> Void) async throws {
        try await tell(.start(id, sandboxID))
        if let output, let pace { try await read(output, pace, tell) }
        switch source {
        case .ended(let execution): try await tell(.end(execution))
        case .running(let run, _):
            while run.result == nil, !hasLeft.load(ordering: .acquiring) {
                await run.waitForEnd(within: SignOfLife.wait)
                try Task.checkCancellation()
                if run.result == nil { try await tell(.nothing) }
            }
            switch run.result {
            case .success(let execution): try await tell(.end(execution))
            case .failure(let error): try await tell(.failure(error))
            case nil: break
            }
        }
    }

    private func read(
        _ output: LiveOutput, _ pace: LiveOutput.Pace, _ tell: (ExecutionEvent) async throws -> Void
    ) async throws {
        var number = pace.start
        while !hasLeft.load(ordering: .acquiring) {
            switch await output.next(after: number, within: SignOfLife.wait) {
            case .events(let events):
                guard let last = events.last else { continue }
                try await tell(.output(events))
                number = last.number
                output.advance(pace, to: last)
            case .end: return
            case .nothing:
                try Task.checkCancellation()
                try await tell(.nothing)
            }
        }
    }
}
