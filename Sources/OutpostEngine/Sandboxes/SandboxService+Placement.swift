// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Where a run will be, known before its turn comes.
public struct RunPlacement: Hashable, Sendable {
    /// The sandbox of the run.
    public let sandboxID: SandboxID
    /// Whether the run waits for the other runs of the sandbox.
    public let takesTurns: Bool
}

extension SandboxService {
    /// Checks a future run and returns its placement.
    ///
    /// - Throws: the errors that the run itself would throw for this request, as far as they are known now.
    public nonisolated func placement(
        of request: ExecutionRequest, in target: RunTarget, of namespace: NamespaceName
    ) async throws(OutpostError) -> RunPlacement {
        switch target {
        case .new(let language, let security):
            let sandbox = try describe(SandboxRequest(language: language, security: security), in: namespace)
            try check(request, in: sandbox)
            return RunPlacement(sandboxID: sandbox.id, takesTurns: false)
        case .existing(let id, _):
            let sandbox = try await sandbox(id, in: namespace)
            guard sandbox.status != .paused else { throw Self.paused(id) }
            try check(request, in: sandbox)
            return RunPlacement(sandboxID: id, takesTurns: sandbox.mode == .stateful && !request.concurrent)
        }
    }

    private nonisolated func check(_ request: ExecutionRequest, in sandbox: Sandbox) throws(OutpostError) {
        _ = try isolation(sandbox.security.isolation, in: sandbox.namespace)
        _ = try RunPlan.limits(request, in: sandbox, policy: configuration.limits)
        if let (role, program) = request.judge?.assistant {
            try languages.installed(program.language, for: role.parameter / .language)
        }
        // The language of the sandbox was checked when the sandbox was created.
        if case .code(_, let language?) = request.program, language != sandbox.language {
            _ = try languages.installed(language)
        }
    }
}
