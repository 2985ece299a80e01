// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// Sandboxes end when their time is over, and uses are written down.
struct ExpiryTests {
    @Test func aSandboxEndsAtTheEndOfItsLifeAndNotBefore() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(ttl: 60)
        fixture.clock.advance(milliseconds: 59_999)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await fixture.sandbox(id).status == .ready)
        fixture.clock.advance(milliseconds: 1)
        try await fixture.engine.sandboxes.sweep()
        await fixture.engine.sandboxes.waitForTeardowns()
        #expect(try await code { _ = try await fixture.sandbox(id) } == .notFound)
        #expect(fixture.stores.current.sandboxes.isEmpty)
    }

    @Test func useKeepsAnIdleTimeoutAwayButNotTheEndOfItsLife() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(ttl: 100, idle: 30)
        let created = fixture.clock.now
        for _ in 0..<3 {
            fixture.clock.advance(seconds: 29)
            _ = try await fixture.exec(id, "true")
            try await fixture.engine.sandboxes.sweep()
        }
        #expect(try await fixture.sandbox(id).expiresAt == created.advanced(bySeconds: 100))
        fixture.clock.advance(seconds: 13)
        try await fixture.engine.sandboxes.sweep()
        #expect(await fixture.engine.sandboxes.count == 0)
    }

    @Test func anIdleSandboxEnds() async throws {
        let fixture = try await EngineFixture()
        _ = try await fixture.create(idle: 30)
        let other = try await fixture.create()
        fixture.clock.advance(seconds: 30)
        try await fixture.engine.sandboxes.sweep()
        #expect(await fixture.engine.sandboxes.sandboxes(in: .default).map(\.id) == [other])
    }

    @Test func aSandboxInUseDoesNotEnd() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(ttl: 1)
        let run = await fixture.hold(id, "a")
        fixture.clock.advance(seconds: 10)
        try await fixture.engine.sandboxes.sweep()
        #expect(try await fixture.sandbox(id).status == .running)
        fixture.driver.held.finish("a")
        #expect(try await run.value.status == .succeeded)
        try await fixture.engine.sandboxes.sweep()
        #expect(await fixture.engine.sandboxes.count == 0)
    }

    @Test func usesAreWrittenDownOnceAndAgainAfterAFailure() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(idle: 3600)
        fixture.clock.advance(seconds: 5)
        let usedAt = fixture.clock.now
        _ = try await fixture.exec(id, "true")
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "full") }
        #expect(try await code { try await fixture.engine.sandboxes.sweep() } == .insufficientStorage)
        fixture.stores.change { $0.failure = nil }
        try await fixture.engine.sandboxes.sweep()
        try await fixture.engine.sandboxes.sweep()
        #expect(
            fixture.stores.current.touches == [
                .init(id: id, lastUsedAt: usedAt, expiresAt: usedAt.advanced(bySeconds: 3600))
            ])
    }
}
