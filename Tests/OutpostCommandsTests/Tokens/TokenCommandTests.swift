// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore
import Testing

@testable import OutpostCommands

struct TokenCommandTests {
    @Test func createSaysAllThatTheCommandLineSays() throws {
        let command = try TokenCreateCommand.parse([
            "ci", "--scope", "sandbox:read", "--scope", "sandbox:write", "--namespace", "web", "--expires-in-days",
            "30",
            "--plan", "team", "--api-key",
        ])
        #expect(
            command.request(in: command.global.namespace)
                == TokenRequest(
                    name: "ci", namespace: NamespaceName("web"), scopes: [.sandboxRead, .sandboxWrite],
                    expiresInDays: 30, plan: .team))
        #expect(command.kind.kind == .apiKey)
    }

    @Test func createLeavesTheRestToTheServer() throws {
        let command = try TokenCreateCommand.parse(["ci"])
        #expect(command.request(in: nil) == TokenRequest(name: "ci"))
        #expect(command.kind.kind == .personalAccessToken)
    }

    @Test func anUnknownScopeIsWrongUsage() {
        #expect(throws: (any Error).self) { try TokenCreateCommand.parse(["ci", "--scope", "everything"]) }
    }

    @Test func revokeTakesSeveralNames() throws {
        #expect(try TokenRevokeCommand.parse(["a", "b", "--api-key"]).names == ["a", "b"])
    }
}
