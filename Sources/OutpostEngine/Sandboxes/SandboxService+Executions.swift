// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxService {
    /// Returns the runs of a sandbox in no particular order: those in progress and the last 100 ended ones, without runs
    /// of jobs.
    ///
    /// - Throws: `not_found` when the namespace has no such sandbox.
    public func executions(
        of sandbox: SandboxID, in namespace: NamespaceName
    ) throws(OutpostError) -> [ExecutionRecord] {
        guard isKnown(sandbox, in: namespace) else { throw Self.missing(sandbox) }
        return executions.entries(of: sandbox, namespace).map(\.record)
    }

    /// Returns a run of a sandbox.
    ///
    /// - Parameter waitSeconds: how long to wait for its end.
    /// - Throws: `not_found` when the sandbox has no such run; the error of a run that fails during the wait, before its
    ///   program starts.
    public nonisolated func execution(
        _ id: ExecutionID, of sandbox: SandboxID, in namespace: NamespaceName, waitSeconds: Int = 0
    ) async throws(OutpostError) -> ExecutionRecord {
        switch try entry(id, of: sandbox, in: namespace) {
        case .ended(let ended): return .ended(ended.execution)
        case .running(let run):
            if waitSeconds > 0 { await run.waitForEnd(within: .seconds(waitSeconds)) }
            return try run.record()
        }
    }

    /// Cancels a run, also one that waits for its turn, and waits for its end. Changes nothing when it has ended.
    ///
    /// - Returns: the run. It is still in progress when the kernel does not end a process of it in time.
    /// - Throws: `not_found` when the sandbox has no such run; `conflict` when the sandbox is paused.
    public nonisolated func cancelExecution(
        _ id: ExecutionID, of sandbox: SandboxID, in namespace: NamespaceName
    ) async throws(OutpostError) -> ExecutionRecord {
        if case .running(let run) = try entry(id, of: sandbox, in: namespace) {
            // The run of a paused sandbox cannot end.
            try await awaken(sandbox)
            await run.cancel()
        }
        return try await execution(id, of: sandbox, in: namespace, waitSeconds: Self.patienceWithCancelled)
    }

    /// Makes a sandbox ready for a call that reaches its processes: one that was frozen to save memory goes on.
    ///
    /// - Throws: `conflict` when the sandbox is paused. A sandbox that exists for one run cannot be.
    func awaken(_ id: SandboxID) async throws(OutpostError) {
        try await controllers[id]?.controller.awaken()
    }

    private static let patienceWithCancelled = 60

    /// Returns a reader of a run. When it leaves, the run goes on.
    ///
    /// - Parameter number: the last event that the reader has; 0 for none.
    /// - Throws: `not_found` when the sandbox has no such run.
    public nonisolated func reader(
        of id: ExecutionID, of sandbox: SandboxID, in namespace: NamespaceName, after number: UInt64
    ) throws(OutpostError) -> ExecutionReader {
        switch try entry(id, of: sandbox, in: namespace) {
        case .running(let run): ExecutionReader(run, after: number, cancels: false, tasks: tasks)
        case .ended(let ended): ExecutionReader(ended, after: number, tasks: tasks)
        }
    }

    /// Lets `send` add to the input of a run, once its program has started.
    ///
    /// - Throws: `not_found` when the sandbox has no such run; `conflict` when the sandbox is paused, the run has ended or its
    ///   input is not open; `rate_limited` when too many calls send; the errors of `send`.
    public nonisolated func sendInput(
        to id: ExecutionID, of sandbox: SandboxID, in namespace: NamespaceName,
        _ send: (ProgramInput) async throws(OutpostError) -> Void
    ) async throws(OutpostError) {
        guard case .running(let run) = try entry(id, of: sandbox, in: namespace) else {
            throw OutpostError(.conflict, "the execution \(id) has ended")
        }
        try await awaken(sandbox)
        try await run.input.whileSending { (input) throws(OutpostError) in
            // A sandbox that could not start the program may be replaced. Input for its program would be lost.
            await run.waitForStart()
            try await send(input)
        }
    }

    private nonisolated func entry(
        _ id: ExecutionID, of sandbox: SandboxID, in namespace: NamespaceName
    ) throws(OutpostError) -> ExecutionBook.Entry {
        guard let entry = executions.entry(id, in: sandbox, namespace) else {
            throw OutpostError(.notFound, "execution \(id) does not exist")
        }
        return entry
    }
}

extension ExecutionBook.Entry {
    fileprivate var record: ExecutionRecord {
        switch self {
        case .running(let run): .inProgress(run.progress)
        case .ended(let ended): .ended(ended.execution)
        }
    }
}

extension RunningExecution {
    /// - Throws: the error of a run whose program has not started.
    fileprivate func record() throws(OutpostError) -> ExecutionRecord {
        guard let result else { return .inProgress(progress) }
        return .ended(try result.get())
    }
}
