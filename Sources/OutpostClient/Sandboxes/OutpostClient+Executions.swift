// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// The longest run that a server allows as shipped, in seconds.
private let longestRun: Int64 = 3600

/// Seconds on top of the run's own time: compiling, and waiting for the runs before it.
private let runMargin: Int64 = 600

extension OutpostClient {
    /// Runs a program in the sandbox `id` and returns when it has ended. A program's failure is a result, not an error.
    public func exec(_ request: ExecutionRequest, in id: SandboxID) async throws(OutpostError) -> Answer<Execution> {
        try await answer(
            Call(operation: .exec, parameters: place(id), body: request.json, timeout: patience(request)),
            as: Execution.self)
    }

    /// Runs a program without managing a sandbox and returns when it has ended.
    public func execute(_ request: ExecuteRequest) async throws(OutpostError) -> Answer<Execution> {
        let timeout = patience(request.execution)
        return try await answer(
            Call(operation: .execute, parameters: place(), body: request.json, timeout: timeout), as: Execution.self)
    }

    private func patience(_ request: ExecutionRequest) -> Int64 {
        guard let milliseconds = request.timeoutMilliseconds ?? request.limits.timeoutMilliseconds else {
            return longestRun + runMargin
        }
        // A day bounds what the server is going to refuse anyway.
        return min(86_400, Int64(max(0, milliseconds)) / 1000) + runMargin
    }
}
