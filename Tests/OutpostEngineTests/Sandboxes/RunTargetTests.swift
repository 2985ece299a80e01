// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// A request that names a sandbox runs there, and every other one in a new sandbox.
struct RunTargetTests {
    private static let root = SecurityRequest(user: .root)

    @Test func withoutASandboxARunGetsANewOne() throws {
        #expect(
            try RunTarget(sandbox: nil, language: "bash", security: Self.root) == .new(language: "bash", Self.root))
        #expect(try RunTarget(sandbox: nil, language: "bash", security: nil) == .new(language: "bash", .init()))
    }

    @Test func theSandboxThatARequestNamesIsTaken() throws {
        let id = SandboxID()
        #expect(try RunTarget(sandbox: id, language: nil, security: nil) == .existing(id, language: nil))
        #expect(try RunTarget(sandbox: id, language: "bash", security: nil) == .existing(id, language: "bash"))
    }

    @Test func theSecurityOfASandboxDoesNotChange() {
        let error = #expect(throws: OutpostError.self) {
            try RunTarget(sandbox: SandboxID(), language: "bash", security: .init())
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.details.map(\.parameter) == [.security])
    }

    @Test func codeIsInTheLanguageOfTheRequestAndACommandHasNone() {
        let code = ExecutionRequest(program: .code("x", language: "go"))
        #expect(code.code(in: "bash").program == .code("x", language: "bash"))
        #expect(code.code(in: nil).program == .code("x", language: nil))
        let command = ExecutionRequest(program: .command(["ls"]))
        #expect(command.code(in: "bash") == command)
    }

    @Test func aRunIsWhereItsTargetSays() async throws {
        let fixture = try await EngineFixture()
        let sandboxes = fixture.engine.sandboxes
        let request = ExecutionRequest(program: .command(["true"]))
        let new = SandboxID()
        let first = try await sandboxes.run(request, in: .new(language: "bash", .init()), of: .default, newID: new)
        #expect(first.sandboxID == new)
        #expect(await sandboxes.count == 0)
        let id = try await fixture.create()
        let second = try await sandboxes.run(request, in: .existing(id, language: nil), of: .default)
        #expect(second.sandboxID == id)
        let other = try #require(NamespaceName("team-a"))
        let missing = try await code {
            _ = try await sandboxes.run(request, in: .existing(id, language: nil), of: other)
        }
        #expect(missing == .notFound)
    }
}
