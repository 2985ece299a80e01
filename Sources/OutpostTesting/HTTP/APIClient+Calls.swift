// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// Successful calls of the API. Each throws `FixtureError` with the whole answer when the call fails.
extension APIClient {
    /// Runs a program in a new sandbox.
    public func execute(_ body: JSONValue) async throws -> Execution {
        try await send("POST", sandboxPath("/execute"), json: body).decoded(Execution.self)
    }

    /// Runs code in a new sandbox.
    ///
    /// - Parameter extra: further members of the body.
    public func execute(_ language: String, _ code: String, _ extra: JSONValue = [:]) async throws -> Execution {
        let body: JSONValue = ["language": .string(language), "code": .string(code)]
        return try await execute(body.adding(extra))
    }

    /// Runs a program in a sandbox.
    public func exec(_ sandbox: Sandbox, _ body: JSONValue) async throws -> Execution {
        try await send("POST", sandboxPath("/\(sandbox.id)/exec"), json: body).decoded(Execution.self)
    }

    /// Runs code in a sandbox, in the sandbox's language.
    public func exec(_ sandbox: Sandbox, code: String) async throws -> Execution {
        try await exec(sandbox, ["code": .string(code)])
    }

    /// Creates a sandbox.
    public func createSandbox(_ body: JSONValue) async throws -> Sandbox {
        try await send("POST", sandboxPath(), json: body).decoded(Sandbox.self, status: 201)
    }

    /// Returns the current sandbox.
    public func sandbox(_ id: SandboxID) async throws -> Sandbox {
        try await send("GET", sandboxPath("/\(id)")).decoded(Sandbox.self)
    }

    /// Returns one page of the namespace's sandboxes.
    ///
    /// - Parameter query: percent-encoded, without `?`.
    public func sandboxes(_ query: String = "") async throws -> Page<Sandbox> {
        try await send("GET", sandboxPath("?\(query)")).decoded(Page<Sandbox>.self)
    }

    /// Deletes a sandbox.
    public func deleteSandbox(_ id: SandboxID) async throws {
        let answer = try await send("DELETE", sandboxPath("/\(id)"))
        guard answer.status == 204 else { throw FixtureError("expected 204, but the answer is \(answer)") }
    }

    /// Creates a sandbox, runs `body`, and deletes the sandbox.
    public func withSandbox<Result: Sendable>(
        _ request: JSONValue, _ body: (Sandbox) async throws -> Result
    ) async throws -> Result {
        let sandbox = try await createSandbox(request)
        let result: Result
        do {
            result = try await body(sandbox)
        } catch {
            // The error of `body` is more useful than a failure of the deletion.
            try? await deleteSandbox(sandbox.id)
            throw error
        }
        try await deleteSandbox(sandbox.id)
        return result
    }

    /// Creates a personal access token. Returns a client that uses it.
    public func asNewToken(_ request: TokenRequest) async throws -> APIClient {
        let reply = try await send("POST", "/auth/v1/pat", json: request.json).decoded(TokenReply.self, status: 201)
        guard let token = reply.token else { throw FixtureError("the new token \(reply.name) has no secret") }
        return with(authorization: "Bearer \(token)")
    }
}

extension JSONValue {
    /// Returns this object with the members of `other` added or replaced. Returns another value unchanged.
    public func adding(_ other: JSONValue) -> JSONValue {
        guard case .object(var object) = self else { return self }
        for member in other.objectValue?.members ?? [] { object[member.name] = member.value }
        return .object(object)
    }
}

extension CapturedOutput {
    /// The captured bytes as text. Bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}
