// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// The longest run of a server with the default configuration, in seconds.
private let longestRun: Int64 = 3600

/// The longest time limit that a configuration allows, in seconds: seven days.
private let longestWait: Int64 = 604_800

/// Seconds besides the run's own time, for compiling and for earlier runs in the queue.
private let runMargin: Int64 = 600

extension OutpostClient {
    /// Runs a program in the sandbox `id` and returns its result. A failed program is a result and not an error.
    ///
    /// - Parameter resuming: whether to end a pause of the sandbox first.
    public func exec(
        _ request: ExecutionRequest, in id: SandboxID, resuming: Bool = false
    ) async throws(OutpostError) -> Answer<Execution> {
        try await answer(
            Call(
                operation: .exec, parameters: place(id), query: ResumeQuery(resume: resuming).pairs, body: request.json,
                timeout: request.patience),
            as: Execution.self)
    }

    /// Runs a program without managing a sandbox, and returns its result. A failed program is a result and not an
    /// error.
    public func execute(_ request: ExecuteRequest) async throws(OutpostError) -> Answer<Execution> {
        let timeout = request.execution.patience
        return try await answer(
            Call(operation: .execute, parameters: place(), body: request.json, timeout: timeout), as: Execution.self)
    }
}

// MARK: - Live

extension OutpostClient {
    /// Runs a program in the sandbox `id`, and passes its events to `take` while it runs.
    ///
    /// - Throws: the error that keeps the program from starting; `unavailable` when the connection breaks, which ends
    ///   the run unless the request says `detach`; the error of `take`.
    /// - Returns: the result. Its output is complete only as far as the run's output limit allows.
    public func exec(
        _ request: ExecutionRequest, in id: SandboxID, resuming: Bool = false,
        following take: @escaping @Sendable (ExecutionEvent) async throws -> Void
    ) async throws -> Execution {
        try await follow(
            Call(
                operation: .exec, parameters: place(id), query: ResumeQuery(resume: resuming).pairs, body: request.json,
                timeout: request.patience), take)
    }

    /// Runs a program without managing a sandbox, and passes its events to `take` while it runs.
    ///
    /// - Throws: as `exec`.
    /// - Returns: as `exec`.
    public func execute(
        _ request: ExecuteRequest, following take: @escaping @Sendable (ExecutionEvent) async throws -> Void
    ) async throws -> Execution {
        let timeout = request.execution.patience
        return try await follow(
            Call(operation: .execute, parameters: place(), body: request.json, timeout: timeout), take)
    }

    private func follow(
        _ call: Call, _ take: @escaping @Sendable (ExecutionEvent) async throws -> Void
    ) async throws -> Execution {
        var call = call
        call.accept = Call.eventStream
        let last = try await stream(call, longestSilence: longestSilence) { event -> Execution? in
            guard let known = try ExecutionEvent(event) else { return nil }
            try await take(known)
            switch known {
            case .ended(let execution): return execution
            case .failed(let error): throw error
            case .started, .output: return nil
            }
        }
        guard let last else {
            throw OutpostError(
                .unavailable, "\(configuration.address) ended the output of the run before the run has ended")
        }
        return last
    }

    /// Fetches the run `id` of a sandbox.
    ///
    /// - Parameter waitSeconds: how long the server waits for the end of the run.
    /// - Throws: `not_found` when the sandbox has no such run.
    public func getExecution(
        _ id: ExecutionID, in sandbox: SandboxID, waitSeconds: Int = 0
    ) async throws(OutpostError) -> Answer<ExecutionRecord> {
        try await answer(
            Call(
                operation: .getExecution, parameters: place(id, in: sandbox),
                query: PollQuery(waitSeconds: waitSeconds).pairs, timeout: Call.ordinaryTimeout + Int64(waitSeconds)),
            as: ExecutionRecord.self)
    }

    /// Attaches to the run `id` of a sandbox, and passes its events to `take`. When the client leaves, the run goes on.
    ///
    /// - Parameter number: the last event that the caller has; 0 for none.
    /// - Throws: `not_found` when the sandbox has no such run; `unavailable` when the connection breaks; the error of
    ///   `take`.
    /// - Returns: the result of the run.
    public func followExecution(
        _ id: ExecutionID, in sandbox: SandboxID, after number: UInt64 = 0,
        _ take: @escaping @Sendable (ExecutionEvent) async throws -> Void
    ) async throws -> Execution {
        try await follow(
            Call(
                operation: .getExecutionEvents, parameters: place(id, in: sandbox),
                query: ExecutionEventsQuery(after: number).pairs), take)
    }

    /// Sends bytes to the standard input of a run whose request says `isInputOpen`. Returns when the program can read
    /// them.
    ///
    /// - Parameter isLast: whether the input ends after them.
    /// - Throws: `conflict` when the run has ended or its input is not open; `not_found` when the sandbox has no such run.
    public func writeInput(
        _ bytes: [UInt8], to id: ExecutionID, in sandbox: SandboxID, isLast: Bool = false
    ) async throws(OutpostError) {
        try await perform(
            Call(
                operation: .writeExecutionInput, parameters: place(id, in: sandbox),
                query: InputQuery(isLast: isLast).pairs, bytes: bytes, timeout: longestInput))
    }

    private func place(_ id: ExecutionID, in sandbox: SandboxID) -> [String: String] {
        var parameters = place(sandbox)
        parameters["exec_id"] = id.rawValue
        return parameters
    }

    /// Fetches a page of the runs of the sandbox `id`, without their output.
    public func listExecutions(
        in id: SandboxID, _ query: ListQuery<ExecutionSortField> = .init()
    ) async throws(OutpostError) -> Answer<Page<ListedExecution>> {
        try await answer(
            Call(operation: .listExecutions, parameters: place(id), query: query.pairs),
            as: Page<ListedExecution>.self)
    }
}

extension ExecutionRequest {
    /// The seconds that the client waits for the result of a run: the sum of its time limits, seven days at
    /// most, and a margin.
    var patience: Int64 {
        let usual = timeoutMilliseconds ?? limits.timeoutMilliseconds
        let limits = judge?.tests.map { $0.stopMilliseconds ?? usual } ?? [usual]
        let seconds = limits.reduce(0 as Int64) { sum, limit in
            min(longestWait, sum + (limit.map { min(longestWait, Int64(max(0, $0)) / 1000 + 1) } ?? longestRun))
        }
        return seconds + runMargin
    }
}
