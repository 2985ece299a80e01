// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func exec(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ExecutionRequest.self, call)
        return try await exec(request, in: call.requireSandbox(), call)
    }

    func execute(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ExecuteRequest.self, call)
        let namespace = try call.requireNamespace()
        guard let id = request.sandboxID else {
            guard call.wantsEvents else {
                let execution = try await engine.sandboxes.execute(
                    request.execution, language: request.language, security: request.security, in: namespace,
                    times: call.times)
                return try await told(execution, call)
            }
            return try await streamed(call) { () async throws(OutpostError) in
                try await engine.sandboxes.startExecute(
                    request.execution, language: request.language, security: request.security, in: namespace,
                    times: call.times)
            }
        }
        guard request.security == nil else {
            throw .field(
                .invalidRequest, "security", "cannot change for an existing sandbox; leave it out with sandbox_id")
        }
        var run = request.execution
        if case .code(let code, _) = run.program { run.program = .code(code, language: request.language) }
        return try await exec(run, in: id, call)
    }

    private func exec(
        _ request: ExecutionRequest, in id: SandboxID, _ call: Call
    ) async throws(OutpostError) -> Answer {
        let namespace = try call.requireNamespace()
        guard call.wantsEvents else {
            return try await told(
                try await engine.sandboxes.exec(request, id: id, in: namespace, times: call.times), call)
        }
        return try await streamed(call) { () async throws(OutpostError) in
            try await engine.sandboxes.startExec(request, id: id, in: namespace, times: call.times)
        }
    }
}
