// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// Sandboxes as their owners see them.
struct SandboxServiceTests {
    @Test func aNewSandboxHasEveryFieldInForce() async throws {
        let fixture = try await EngineFixture()
        let request = SandboxRequest(
            language: "py", mode: .stateful, limits: ResourceLimitsRequest(memoryMiB: 64), name: "box",
            metadata: ["k": "v"], timeToLiveSeconds: 60)
        let sandbox = try await fixture.engine.sandboxes.create(request, in: .default)
        #expect(sandbox.language == "python")
        #expect(sandbox.image == "host")
        #expect(sandbox.status == .ready)
        #expect(sandbox.limits.memoryMiB == 64)
        #expect(sandbox.limits.diskMiB == 1024)
        #expect(sandbox.workingDirectory == "/workspace")
        #expect(sandbox.expiresAt == fixture.clock.now.advanced(bySeconds: 60))
        #expect(fixture.stores.current.sandboxes[sandbox.id] == sandbox)
        #expect(try await fixture.sandbox(sandbox.id) == sandbox)
        #expect(fixture.driver.launches.isEmpty, "it is brought up when it is used")
    }

    @Test(arguments: [
        (SandboxRequest(language: "cobol"), ErrorCode.invalidRequest),
        (SandboxRequest(language: "go"), .unprocessable),
        (SandboxRequest(language: "python", limits: .init(memoryMiB: 0)), .invalidRequest),
        (SandboxRequest(language: "python", limits: .init(cpuCores: .nan)), .invalidRequest),
        (SandboxRequest(language: "python", limits: .init(diskMiB: 1 << 40)), .unprocessable),
        (SandboxRequest(language: "python", security: .init(seccompEnabled: false)), .forbidden),
    ])
    func whatCannotBeHadIsRefusedAndNothingIsLeft(request: SandboxRequest, expected: ErrorCode) async throws {
        let fixture = try await EngineFixture(missing: ["go"])
        let found = try await code { _ = try await fixture.engine.sandboxes.create(request, in: .default) }
        #expect(found == expected)
        #expect(fixture.stores.current.sandboxes.isEmpty)
        #expect(await fixture.engine.sandboxes.count == 0)
    }

    @Test func aFullDiskOrAFailingStoreIsSaidAndNothingIsLeft() async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { $0.roomError = OutpostError(.insufficientStorage, "full") }
        #expect(try await code { _ = try await fixture.create() } == .insufficientStorage)
        fixture.driver.change { $0.roomError = nil }
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        #expect(try await code { _ = try await fixture.create() } == .insufficientStorage)
        #expect(await fixture.engine.sandboxes.count == 0)
    }

    @Test func aNamespaceHasNoMoreSandboxesThanItsQuotaAndAnotherIsNotKeptFromAny() async throws {
        let team = try #require(NamespaceName("team-a"))
        let fixture = try await EngineFixture { configuration in
            configuration.quotas = QuotaPolicy(
                standard: .init([.sandboxes: 2]), namespaces: [team: .init([.sandboxes: 3])])
        }
        let ids = [try await fixture.create(.ephemeral), try await fixture.create()]
        let refused = try await #require(throws: OutpostError.self) { _ = try await fixture.create() }
        #expect(refused.code == .rateLimited && refused.retryAfter == 1)
        #expect(refused.message == "the namespace default has reached its quota max_sandboxes, limit 2, in use 2")
        let request = SandboxRequest(language: "python")
        for _ in 0..<3 { _ = try await fixture.engine.sandboxes.create(request, in: team) }
        #expect(try await code { _ = try await fixture.engine.sandboxes.create(request, in: team) } == .rateLimited)
        try await fixture.engine.sandboxes.delete(ids[0], in: .default)
        _ = try await fixture.create()
        // Sandboxes from before a restart count too.
        let later = try await EngineFixture(stores: fixture.stores) {
            $0.quotas = QuotaPolicy(standard: .init([.sandboxes: 2]))
        }
        #expect(try await code { _ = try await later.create() } == .rateLimited)
    }

    @Test func whatCouldNotBeMadeCountsForNothing() async throws {
        let fixture = try await EngineFixture { $0.quotas = QuotaPolicy(standard: .init([.sandboxes: 1])) }
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        #expect(try await code { _ = try await fixture.create() } == .insufficientStorage)
        fixture.stores.change { $0.failure = nil }
        _ = try await fixture.create()
    }

    @Test func anotherNamespacesSandboxIsOneThatNeverWas() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let other = try #require(NamespaceName("other"))
        let sandboxes = fixture.engine.sandboxes
        #expect(try await code { _ = try await sandboxes.sandbox(id, in: other) } == .notFound)
        #expect(try await code { try await sandboxes.delete(id, in: other) } == .notFound)
        let request = ExecutionRequest(program: .command(["x"]))
        #expect(try await code { _ = try await sandboxes.exec(request, id: id, in: other) } == .notFound)
        #expect(await sandboxes.sandboxes(in: other).isEmpty)
        #expect(await sandboxes.sandboxes(in: .default).map(\.id) == [id])
    }

    @Test func aDeletedSandboxIsGoneFromStoreHostAndView() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        _ = try await fixture.exec(id, "true")
        #expect(fixture.driver.diskSet == [id])
        try await fixture.engine.sandboxes.delete(id, in: .default)
        await fixture.engine.sandboxes.waitForTeardowns()
        #expect(fixture.stores.current.sandboxes.isEmpty)
        #expect(fixture.driver.diskSet.isEmpty)
        #expect(await fixture.driver.events.list == ["launch", "destroy", "remove disk"])
        #expect(try await code { _ = try await fixture.sandbox(id) } == .notFound)
        #expect(try await code { try await fixture.engine.sandboxes.delete(id, in: .default) } == .notFound)
    }

    @Test func deletingDuringARunCancelsIt() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let run = await fixture.hold(id, "a")
        #expect(try await fixture.sandbox(id).status == .running)
        try await fixture.engine.sandboxes.delete(id, in: .default)
        let execution = try await run.value
        #expect(execution.status == .cancelled)
        #expect(execution.signal == "SIGKILL")
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .notFound)
        await fixture.engine.sandboxes.waitForTeardowns()
        #expect(fixture.driver.diskSet.isEmpty)
    }

    @Test func aSandboxThatTheStoreCannotForgetStays() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        fixture.stores.change { $0.failure = OutpostError(.unavailable, "busy") }
        #expect(try await code { try await fixture.engine.sandboxes.delete(id, in: .default) } == .unavailable)
        #expect(try await fixture.sandbox(id).status == .ready)
        fixture.stores.change { $0.failure = nil }
        #expect(try await fixture.exec(id, "true").status == .succeeded)
    }

    @Test func manyDeletesOfOneSandboxSucceedOnce() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let successes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await code { try await fixture.engine.sandboxes.delete(id, in: .default) } == nil
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(successes == 1)
    }
}
