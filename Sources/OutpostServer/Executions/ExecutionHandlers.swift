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
        let target = try RunTarget(
            sandbox: request.sandboxID, language: request.language, security: request.security)
        let execution = try await engine.sandboxes.run(
            request.execution, in: target, of: call.requireNamespace(), times: call.times)
        return try await told(execution, call)
    }
}
