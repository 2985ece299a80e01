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
    public func exec(_ request: ExecutionRequest, in id: SandboxID) async throws(OutpostError) -> Answer<Execution> {
        try await answer(
            Call(operation: .exec, parameters: place(id), body: request.json, timeout: request.patience),
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
