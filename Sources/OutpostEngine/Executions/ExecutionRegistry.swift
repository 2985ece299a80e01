// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// The runs that callers can find by their ids. Runs of jobs are not among them: jobs have calls of their own.
final class ExecutionRegistry: Sendable {
    private let book = Mutex(ExecutionBook())
    private let quotas: QuotaPolicy
    private let clock: WallClock

    init(quotas: QuotaPolicy, clock: @escaping WallClock) {
        self.quotas = quotas
        self.clock = clock
    }

    /// Adds a run.
    ///
    /// - Parameters:
    ///   - isFollowed: whether readers can attach. Such a run costs more memory and more reads of its pipes.
    ///   - isInputOpen: whether callers may add to the program's input.
    /// - Throws: `conflict` when the namespace has a run with the same id.
    func begin(
        _ id: ExecutionID, in sandbox: SandboxID, _ namespace: NamespaceName, isFollowed: Bool,
        isInputOpen: Bool = false, cancel: @escaping @Sendable () async -> Void
    ) throws(OutpostError) -> RunningExecution {
        let run = RunningExecution(
            id: id, sandbox: sandbox, namespace: namespace, output: isFollowed ? LiveOutput() : nil,
            isInputOpen: isInputOpen, clock: clock, cancel: cancel)
        try book.withLock { (book) throws(OutpostError) in try book.begin(run) }
        return run
    }

    /// Ends a run. A run that failed after its program has started becomes an execution with the status `sandbox_error`,
    /// and a cancelled run that has no execution becomes one with the status `cancelled`.
    ///
    /// - Returns: the result for the caller of the run.
    func end(_ run: RunningExecution, _ result: Result<Execution, OutpostError>) -> Result<Execution, OutpostError> {
        switch result {
        case .success(let execution):
            keep(run, execution)
            return result
        case .failure where run.isCancelled:
            let execution = replacement(.cancelled, of: run)
            keep(run, execution)
            return .success(execution)
        case .failure(let error) where run.hasStarted:
            keep(run, replacement(.sandboxError, of: run, message: error.message))
            return result
        case .failure:
            book.withLock { $0.fail(run) }
            run.end(result)
            return result
        }
    }

    private func replacement(
        _ status: ExecutionStatus, of run: RunningExecution, message: String? = nil
    ) -> Execution {
        let (now, progress) = (clock(), run.progress)
        return Execution(
            id: run.id, sandboxID: run.sandboxID, status: status, stdout: progress.stdout, stderr: progress.stderr,
            durationMilliseconds: progress.durationMilliseconds, startedAt: progress.startedAt ?? now,
            completedAt: now, message: message)
    }

    private func keep(_ run: RunningExecution, _ execution: Execution) {
        if let output = run.output {
            // The reason why a program could not be started is output that no program has written.
            for (stream, captured) in [(LiveOutput.Stream.stdout, execution.stdout), (.stderr, execution.stderr)] {
                let rest = captured.bytes(from: output.total(stream))
                if !rest.isEmpty { _ = output.append(rest[...], to: stream, in: OutputRecord()) }
            }
            output.end()
            // The result has these bytes now.
            output.forgetKeptOutput()
        }
        book.withLock { $0.end(run, execution, limit: limit(run.namespace)) }
        run.end(.success(execution))
    }

    private func limit(_ namespace: NamespaceName) -> Int {
        (quotas.limit(.keptExecutions, in: namespace) ?? 0) << 20
    }

    /// Drops all runs of a deleted sandbox.
    func forget(_ sandbox: SandboxID, in namespace: NamespaceName) {
        book.withLock { $0.forget(sandbox, in: namespace) }
    }

    /// Returns a run of a sandbox; nil when the namespace has none.
    func entry(_ id: ExecutionID, in sandbox: SandboxID, _ namespace: NamespaceName) -> ExecutionBook.Entry? {
        book.withLock { $0.entry(id, in: sandbox, namespace) }
    }

    /// Returns the runs of a sandbox, as `ExecutionBook.entries`.
    func entries(of sandbox: SandboxID, _ namespace: NamespaceName) -> [ExecutionBook.Entry] {
        book.withLock { $0.entries(of: sandbox, namespace) }
    }

    /// The quota of ended runs and its use.
    func standing(of namespace: NamespaceName) -> QuotaStanding {
        StorageBound.bytes(limit(namespace)).standing(
            .keptExecutions, held: book.withLock { $0.bytes(of: namespace) })
    }
}
