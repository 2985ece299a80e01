// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import Testing

@testable import OutpostEngine

/// What keeps a stateful sandbox up without a run.
struct SandboxHoldTests {
    private let driver = FakeDriver()
    private let clock = ManualClock()

    private func controller(idle: Int? = nil, unloadAfterSeconds: Int = 3600) -> SandboxController {
        var sandbox = Sandbox.sample(mode: .stateful)
        sandbox.createdAt = clock.now
        sandbox.lastUsedAt = clock.now
        sandbox.timeToLiveSeconds = nil
        sandbox.idleTimeoutSeconds = idle
        sandbox.expiresAt = SandboxController.expiry(sandbox)
        return SandboxController(
            sandbox, driver: driver, unloadAfterSeconds: unloadAfterSeconds, clock: clock.wall)
    }

    private func hold(
        _ kind: SandboxHold.Kind, of controller: SandboxController
    ) async throws -> SandboxHold {
        try await controller.hold(SandboxSpec(await controller.sandbox), for: kind)
    }

    @Test(arguments: [SandboxHold.Kind.call, .process])
    func aSandboxWithAHoldIsNotUnloaded(_ kind: SandboxHold.Kind) async throws {
        let controller = controller()
        let hold = try await hold(kind, of: controller)
        #expect(await controller.sandbox.status == .running)
        #expect(await !controller.unloadIfIdle())
        hold.release()
        await waitUntil { await controller.sandbox.status == .ready }
        #expect(await controller.unloadIfIdle())
        #expect(await driver.events.list == ["launch", "destroy"])
    }

    @Test func theLastReferenceOfAHoldReleasesIt() async throws {
        let controller = controller()
        var hold: SandboxHold? = try await hold(.call, of: controller)
        #expect(hold != nil)
        hold = nil
        await waitUntil { await controller.sandbox.status == .ready }
    }

    @Test func aSecondReleaseDoesNotEndTheHoldOfAnother() async throws {
        let controller = controller()
        let first = try await hold(.call, of: controller)
        let second = try await hold(.call, of: controller)
        first.release()
        first.release()
        #expect(await !controller.unloadIfIdle())
        second.release()
        await waitUntil { await controller.sandbox.status == .ready }
    }

    @Test func theHoldOfACallKeepsASandboxFromExpiring() async throws {
        let controller = controller(idle: 60)
        let hold = try await hold(.call, of: controller)
        clock.advance(seconds: 3600)
        #expect(await !controller.isExpired(at: clock.now))
        hold.release()
        await waitUntil { await controller.sandbox.status == .ready }
        // The end of the call is a use.
        #expect(await !controller.isExpired(at: clock.now))
        clock.advance(seconds: 61)
        #expect(await controller.isExpired(at: clock.now))
    }

    @Test func theHoldOfAProcessDoesNotKeepASandboxFromExpiring() async throws {
        let controller = controller(idle: 60)
        let hold = try await hold(.process, of: controller)
        #expect(await !controller.isExpired(at: clock.now))
        clock.advance(seconds: 61)
        #expect(await controller.isExpired(at: clock.now))
        hold.release()
    }

    @Test func theReleaseOfTheLastHoldSchedulesTheUnload() async throws {
        let controller = controller(unloadAfterSeconds: 0)
        let hold = try await hold(.call, of: controller)
        hold.release()
        await driver.events.wait(for: "destroy")
        #expect(await driver.events.list == ["launch", "destroy"])
    }

    @Test func aDeletedSandboxHasNoHold() async throws {
        let controller = controller()
        await controller.close()
        #expect(try await code { _ = try await hold(.call, of: controller) } == .notFound)
        #expect(driver.launches.isEmpty)
    }
}
