// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting

/// A sandbox with a kernel.
struct KernelUnderTest {
    let api: APIClient
    let sandbox: Sandbox
    let kernel: SandboxKernel

    var path: String { api.sandboxPath("/\(sandbox.id)/contexts/\(kernel.id)") }

    /// Creates a sandbox with a kernel, runs `body`, and deletes the sandbox.
    static func with(
        _ api: APIClient, _ language: String, _ request: JSONValue = [:], sandbox: JSONValue = [:],
        _ body: (KernelUnderTest) async throws -> Void
    ) async throws {
        let wanted: JSONValue = ["language": .string(language), "mode": "stateful"]
        try await api.withSandbox(wanted.adding(sandbox)) { sandbox in
            let kernel = try await api.send("POST", api.sandboxPath("/\(sandbox.id)/contexts"), json: request)
                .decoded(SandboxKernel.self, status: 201)
            try await body(KernelUnderTest(api: api, sandbox: sandbox, kernel: kernel))
        }
    }

    func exec(_ code: String, _ extra: JSONValue = [:]) async throws -> KernelExecution {
        try await api.send("POST", path + "/exec", json: (["code": .string(code)] as JSONValue).adding(extra))
            .decoded(KernelExecution.self)
    }

    /// The text of the value of the code.
    func value(_ code: String) async throws -> String? {
        try await exec(code).results.first(where: \.isMain)?.data.texts["text/plain"]
    }

    func state() async throws -> SandboxKernel { try await api.send("GET", path).decoded(SandboxKernel.self) }

    @discardableResult
    func restart() async throws -> SandboxKernel {
        try await api.send("POST", path + "/restart").decoded(SandboxKernel.self)
    }
}
