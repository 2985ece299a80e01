// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostEngine
import OutpostJobs

/// Runs the programs of jobs in the engine.
struct EngineJobRunner: JobRunner {
    let sandboxes: SandboxService
    let work: FairWork

    func place(_ request: JobRequest, in namespace: NamespaceName) async throws(OutpostError) -> JobPlacement {
        let place = try await sandboxes.placement(of: request.execution, in: request.target, of: namespace)
        return JobPlacement(sandboxID: place.sandboxID, takesTurns: place.takesTurns)
    }

    func freeBytes() async -> Int? { await sandboxes.freeDiskBytes }

    func compute<Success: Sendable>(
        bytes: Int, for namespace: NamespaceName, _ body: @escaping @Sendable () throws(OutpostError) -> Success
    ) async throws(OutpostError) -> Success {
        try await work.run(bytes: bytes, for: namespace, body)
    }

    func outputMemory(in namespace: NamespaceName) -> any OutputMemory { sandboxes.outputMemory(in: namespace) }

    func afterRun() async { await sandboxes.refill() }

    func run(
        _ job: Job, _ request: JobRequest, output: LiveOutput,
        begin: @escaping @Sendable () async throws(OutpostError) -> Void
    ) async throws(OutpostError) -> Execution {
        let memory = sandboxes.outputMemory(in: job.namespace)
        output.keep(memory)
        let watch = RunWatch(begin: begin, output: output, isQueued: true, memory: memory)
        let execution = try await sandboxes.run(
            request.execution, in: request.target, of: job.namespace, newID: job.sandboxID, watch: watch)
        // The result is encoded for the store next: in base64, beside the output itself.
        await memory.wait(for: execution.outputBytes * 7 / 3)
        return execution
    }
}

extension JobRequest {
    fileprivate var target: RunTarget {
        get throws(OutpostError) { try RunTarget(sandbox: sandboxID, language: language, security: security) }
    }
}
