// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// What a change of settings does, and when.
struct SandboxUpdateTests {
    private func update(_ id: SandboxID, _ update: SandboxUpdate, _ fixture: EngineFixture) async throws -> Sandbox {
        try await fixture.engine.sandboxes.update(id, update, in: .default)
    }

    @Test func onlyTheGivenSettingsChangeAndTheNextRunHasThem() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let before = try await fixture.sandbox(id)
        let variable = EnvironmentVariable(name: "A", value: "1")
        let after = try await update(
            id,
            SandboxUpdate(
                name: .value("new"), metadata: ["a": "b"], environment: [variable],
                limits: ResourceLimitsRequest(memoryMiB: 256)), fixture)
        var expected = before
        expected.name = "new"
        expected.metadata = ["a": "b"]
        expected.environment = [variable]
        expected.limits.memoryMiB = 256
        #expect(after == expected)
        #expect(fixture.stores.current.sandboxes[id] == expected)
        _ = try await fixture.exec(id, "true")
        let program = try #require(fixture.driver.programs.first)
        #expect(program.limits.memoryMiB == 256 && program.environment.contains(variable))
        #expect(try await update(id, SandboxUpdate(name: .none), fixture).name == nil)
    }

    @Test func aLifetimeCountsFromTheCreationAndTheLastUse() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(ttl: 10)
        let created = try await fixture.sandbox(id).createdAt
        fixture.clock.advance(seconds: 5)
        let longer = try await update(id, SandboxUpdate(timeToLiveSeconds: .value(60)), fixture)
        #expect(longer.expiresAt == created.advanced(bySeconds: 60))
        let idle = try await update(
            id, SandboxUpdate(timeToLiveSeconds: .none, idleTimeoutSeconds: .value(7)), fixture)
        #expect(idle.expiresAt == created.advanced(bySeconds: 7))
        #expect(try await update(id, SandboxUpdate(idleTimeoutSeconds: .none), fixture).expiresAt == nil)
        // A lifetime that is over already ends the sandbox at the next sweep.
        _ = try await update(id, SandboxUpdate(timeToLiveSeconds: .value(1)), fixture)
        try await fixture.engine.sandboxes.sweep()
        #expect(await fixture.engine.sandboxes.count == 0)
    }

    @Test func aRefusedChangeChangesNothing() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let before = try await fixture.sandbox(id)
        for (limits, expected) in [
            (ResourceLimitsRequest(memoryMiB: 100_000), ErrorCode.unprocessable),
            (ResourceLimitsRequest(diskMiB: 2048), .invalidRequest),
            (ResourceLimitsRequest(cpuCores: 0), .invalidRequest),
        ] {
            let change = SandboxUpdate(name: .value("new"), limits: limits)
            #expect(try await code { _ = try await update(id, change, fixture) } == expected)
        }
        let large = SandboxUpdate(metadata: ["a": String(repeating: "x", count: 300_000)])
        #expect(try await code { _ = try await update(id, large, fixture) } == .invalidRequest)
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        #expect(
            try await code { _ = try await update(id, SandboxUpdate(name: .value("new")), fixture) }
                == .insufficientStorage)
        #expect(try await fixture.sandbox(id) == before)
        fixture.stores.change { $0.failure = nil }
        let ephemeral = try await fixture.create(.ephemeral)
        #expect(
            try await update(ephemeral, SandboxUpdate(limits: .init(diskMiB: 2048)), fixture).limits.diskMiB == 2048)
    }

    @Test func changesAtOnceAreAllMade() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        async let name = update(id, SandboxUpdate(name: .value("new")), fixture)
        async let labels = update(id, SandboxUpdate(metadata: ["a": "b"]), fixture)
        async let memory = update(id, SandboxUpdate(limits: .init(memoryMiB: 128)), fixture)
        _ = try await (name, labels, memory)
        let after = try await fixture.sandbox(id)
        #expect(after.name == "new" && after.metadata == ["a": "b"] && after.limits.memoryMiB == 128)
        #expect(fixture.stores.current.sandboxes[id] == after)
    }
}
