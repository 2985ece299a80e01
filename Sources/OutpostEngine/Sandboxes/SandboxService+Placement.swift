// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What is known of a run before its turn comes.
public struct RunPlacement: Hashable, Sendable {
    /// Where it will run.
    public let sandboxID: SandboxID
    /// Whether it takes its turn with the other runs there.
    public let takesTurns: Bool
}

extension SandboxService {
    /// Checks a run that is to come later, and says where it will be.
    ///
    /// - Throws: what the run would throw for what it asks for, as far as that can be known now.
    public nonisolated func placement(
        of request: ExecutionRequest, language: String?, security: SecurityRequest?, sandbox id: SandboxID?,
        in namespace: NamespaceName
    ) async throws(OutpostError) -> RunPlacement {
        guard let id else {
            let sandbox = try describe(
                SandboxRequest(language: language ?? "", security: security ?? .init()), in: namespace)
            try check(request, in: sandbox)
            return RunPlacement(sandboxID: sandbox.id, takesTurns: false)
        }
        guard security == nil else {
            throw .parameter(
                .invalidRequest, .security,
                "cannot change for an existing sandbox; leave it out with \(Parameter.sandbox)")
        }
        let sandbox = try await sandbox(id, in: namespace)
        try check(request, in: sandbox)
        return RunPlacement(sandboxID: id, takesTurns: sandbox.mode == .stateful && !request.concurrent)
    }

    private nonisolated func check(_ request: ExecutionRequest, in sandbox: Sandbox) throws(OutpostError) {
        _ = try isolation(sandbox.security.isolation, in: sandbox.namespace)
        _ = try RunPlan.limits(request, in: sandbox, policy: configuration.limits)
        if let (role, program) = request.judge?.assistant {
            try languages.installed(program.language, for: role.parameter / .language)
        }
        // That of the sandbox has been found.
        if case .code(_, let language?) = request.program, language != sandbox.language {
            _ = try languages.installed(language)
        }
    }
}
