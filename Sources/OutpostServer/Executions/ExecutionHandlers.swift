// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostEngine

extension Handlers {
    func exec(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ExecutionRequest.self, call)
        let id = try call.requireSandbox()
        let namespace = try call.requireNamespace()
        try checkInput(request, in: id, call)
        guard call.wantsEvents else {
            return try await told(
                try await engine.sandboxes.exec(request, id: id, in: namespace, times: call.times), call)
        }
        return try await streamed(call) { () async throws(OutpostError) in
            try await engine.sandboxes.startExec(request, id: id, in: namespace, times: call.times)
        }
    }

    func execute(_ call: Call) async throws(OutpostError) -> Answer {
        let request = try await decoded(ExecuteRequest.self, call)
        let target = try RunTarget(
            sandbox: request.sandboxID, language: request.language, security: request.security)
        let namespace = try call.requireNamespace()
        try checkInput(request.execution, in: request.sandboxID, call)
        try await resumeIfAsked(request.sandboxID, call)
        guard call.wantsEvents else {
            return try await told(
                try await engine.sandboxes.run(request.execution, in: target, of: namespace, times: call.times), call)
        }
        return try await streamed(call) { () async throws(OutpostError) in
            try await engine.sandboxes.start(request.execution, in: target, of: namespace, times: call.times)
        }
    }

    /// Checks that the client can know the ids that it needs to send input.
    ///
    /// - Throws: `invalid_request` when it cannot.
    private func checkInput(_ request: ExecutionRequest, in sandbox: SandboxID?, _ call: Call) throws(OutpostError) {
        guard request.isInputOpen, !call.wantsEvents, request.id == nil || sandbox == nil else { return }
        throw .field(
            .invalidRequest, "stdin_open",
            "needs Accept: text/event-stream, or an id and a sandbox that the client knows before the answer")
    }
}
