// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The sandbox in which a call of `execute` or a job wants to run.
public enum RunTarget: Hashable, Sendable {
    /// A new ephemeral sandbox for this run only.
    case new(language: String, SecurityRequest)
    /// An existing sandbox. Code is in this language; nil for the language of the sandbox.
    case existing(SandboxID, language: String?)

    /// Decides where a request runs: in the sandbox that it names, or in a new one.
    ///
    /// - Throws: `invalid_request` for a request that names a sandbox and its security. A sandbox keeps the security with which
    ///   it was created.
    public init(sandbox: SandboxID?, language: String?, security: SecurityRequest?) throws(OutpostError) {
        guard let sandbox else {
            self = .new(language: language ?? "", security ?? .init())
            return
        }
        guard security == nil else {
            throw .parameter(
                .invalidRequest, .security,
                "cannot change for an existing sandbox; leave it out with \(Parameter.sandbox)")
        }
        self = .existing(sandbox, language: language)
    }
}

extension ExecutionRequest {
    /// The same request with code in this language. A command has no language.
    func code(in language: String?) -> ExecutionRequest {
        guard case .code(let text, _) = program else { return self }
        var request = self
        request.program = .code(text, language: language)
        return request
    }
}
