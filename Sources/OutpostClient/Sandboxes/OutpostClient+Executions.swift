// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// The longest run of a server with the default configuration, in seconds.
private let longestRun: Int64 = 3600

/// Seconds besides the run's own time, for compiling and for earlier runs in the queue.
private let runMargin: Int64 = 600

extension OutpostClient {
    /// Runs a program in the sandbox `id` and returns its result. A failed program is a result and not an error.
    public func exec(_ request: ExecutionRequest, in id: SandboxID) async throws(OutpostError) -> Answer<Execution> {
        try await answer(
            Call(operation: .exec, parameters: place(id), body: request.json, timeout: patience(request)),
            as: Execution.self)
    }

    /// Runs a program without managing a sandbox, and returns its result. A failed program is a result and not an
    /// error.
    public func execute(_ request: ExecuteRequest) async throws(OutpostError) -> Answer<Execution> {
        let timeout = patience(request.execution)
        return try await answer(
            Call(operation: .execute, parameters: place(), body: request.json, timeout: timeout), as: Execution.self)
    }

    /// Returns the seconds that the client waits for the result of a run.
    private func patience(_ request: ExecutionRequest) -> Int64 {
        guard let milliseconds = request.timeoutMilliseconds ?? request.limits.timeoutMilliseconds else {
            return longestRun + runMargin
        }
        // The client waits a day at most. A larger number could overflow.
        return min(86_400, Int64(max(0, milliseconds)) / 1000) + runMargin
    }
}
