// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func exec(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ExecutionRequest.self, call)
        let execution = try await engine.sandboxes.exec(
            request, id: call.requireSandbox(), in: call.requireNamespace(), times: call.times)
        return try await told(execution, call)
    }

    func execute(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ExecuteRequest.self, call)
        let namespace = try call.requireNamespace()
        guard let id = request.sandboxID else {
            let execution = try await engine.sandboxes.execute(
                request.execution, language: request.language, security: request.security, in: namespace,
                times: call.times)
            return try await told(execution, call)
        }
        guard request.security == nil else {
            throw .field(
                .invalidRequest, "security", "cannot change for an existing sandbox; leave it out with sandbox_id")
        }
        var run = request.execution
        if case .code(let code, _) = run.program { run.program = .code(code, language: request.language) }
        return try await told(
            try await engine.sandboxes.exec(run, id: id, in: namespace, times: call.times), call)
    }
}
