// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// The engine asks once, for whatever brings a sandbox up.
struct IsolationTests {
    private static let run = ExecutionRequest(program: .command(["x"]))

    @Test(
        arguments: [
            (Isolation.namespaces, .gvisor, ErrorCode.unprocessable), (.namespaces, .microvm, .unprocessable),
            (.microvm, nil, .unprocessable), (.gvisor, .namespaces, .forbidden), (.gvisor, .gvisor, .unprocessable),
        ] as [(Isolation, Isolation?, ErrorCode)])
    func whatCannotBeHadIsRefusedWhereverItIsAskedFor(
        minimum: Isolation, wanted: Isolation?, expected: ErrorCode
    ) async throws {
        let fixture = try await EngineFixture { $0.isolation.minimum = minimum }
        let security = SecurityRequest(isolation: wanted)
        let service = fixture.engine.sandboxes
        let created = try await code {
            _ = try await service.create(SandboxRequest(language: "python", security: security), in: .default)
        }
        let executed = try await code {
            _ = try await service.execute(Self.run, language: "python", security: security, in: .default)
        }
        let submitted = try await code {
            _ = try await service.placement(
                of: Self.run, in: .new(language: "python", security), of: .default)
        }
        #expect([created, executed, submitted] == [expected, expected, expected])
        #expect(fixture.driver.launches.isEmpty)
        #expect(fixture.stores.current.sandboxes.isEmpty)
    }

    @Test func whatIsAskedForAndThereIsInForceAndReachesTheDriver() async throws {
        let fixture = try await EngineFixture()
        let request = SandboxRequest(
            language: "python", mode: .stateful, security: SecurityRequest(isolation: .namespaces))
        let sandbox = try await fixture.engine.sandboxes.create(request, in: .default)
        #expect(sandbox.security.isolation == .namespaces)
        _ = try await fixture.exec(sandbox.id, "x")
        #expect(fixture.driver.launches.map(\.isolation) == [.namespaces])
    }

    @Test func aSandboxFromBeforeTheMinimumWasRaisedDoesNotComeUpAgain() async throws {
        let before = try await EngineFixture()
        let id = try await before.create()
        _ = try await before.exec(id, "x")
        let team = try #require(NamespaceName("team-a"))
        let after = try await EngineFixture(stores: before.stores, driver: before.driver) {
            $0.isolation = IsolationPolicy(minimum: .microvm, namespaces: [team: .namespaces])
        }
        let launches = after.driver.launches.count
        #expect(try await code { _ = try await after.exec(id, "x") } == .forbidden)
        let submitted = try await code {
            _ = try await after.engine.sandboxes.placement(
                of: Self.run, in: .existing(id, language: nil), of: .default)
        }
        #expect(submitted == .forbidden)
        #expect(after.driver.launches.count == launches)
        // It can be seen and deleted.
        #expect(try await after.sandbox(id).security.isolation == .namespaces)
        try await after.engine.sandboxes.delete(id, in: .default)
        // Another namespace goes on.
        _ = try await after.engine.sandboxes.execute(Self.run, language: "python", in: team)
    }

    @Test func theProgramsOfAJudgeAreHeldInAsTheClientsIs() async throws {
        let fixture = try await EngineFixture()
        var sandbox = try await fixture.engine.sandboxes.create(SandboxRequest(language: "python"), in: .default)
        sandbox.security = SandboxSecurity(user: .root, preset: "debug", isolation: .microvm)
        let checkers = JudgeChecker.sandbox(like: sandbox, policy: EngineFixture.policy)
        #expect(checkers.security == SandboxSecurity(isolation: .microvm))
    }
}
