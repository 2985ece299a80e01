// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A process that the kernel does not let end holds up neither the answer nor anything but what it holds.
@Suite(.reactor)
struct HeldUpProcessTests {
    private static let program = ProgramSpec(
        arguments: ["prog"], environment: [], workingDirectory: "/w", user: .sandbox, files: [],
        limits: .shippedDefaults)

    @Test @Reactor func theRunIsAnsweredAndItsSlotStaysTaken() async throws {
        let host = try await FakeHost(isEnding: false)
        let result = try await host.run(Self.program, exit: 7)
        #expect(result.end == .exited(7))
        #expect(result.message == "a killed process of the run has not ended yet; the server gave up the sandbox")
        #expect(result.cpuTimeMilliseconds == 1.5, "as the spawner counted it before it killed what was left")
        #expect(host.instance.isHeldUp)
        #expect(!host.instance.isUsable)
        #expect(await !host.instance.isAlive)
        #expect(await !host.instance.isDestroyed(within: 0))
        // Nobody else gets its ids.
        #expect(host.slots.acquire() == nil)
        await #expect(throws: OutpostError.self) { try await host.instance.run(Self.program) }
        host.spawner.letGo()
        await host.instance.destroy()
        #expect(host.slots.acquire() == 3)
        #expect(await host.instance.isDestroyed(within: 0))
        #expect(host.spawner.requests.contains(.destroy(slot: 3)))
    }

    @Test @Reactor func whatItUsedIsNotMadeUpWhenTheSpawnerDoesNotKnow() async throws {
        let host = try await FakeHost(isEnding: false)
        host.spawner.refuses = { if case .abandon = $0 { true } else { false } }
        let result = try await host.run(Self.program, exit: 7)
        #expect(result.end == .exited(7))
        #expect(result.message?.contains("use of resources is unknown") == true)
        #expect(result.cpuTimeMilliseconds == 0)
        host.spawner.letGo()
        await host.instance.destroy()
    }

    @Test @Reactor func aWaitForItsEndIsToldOfIt() async throws {
        let host = try await FakeHost(isEnding: false)
        _ = try await host.run(Self.program, exit: 0)
        async let isGone = host.instance.isDestroyed(within: 600)
        await host.spawner.waitForDestroy()
        host.spawner.letGo()
        #expect(await isGone)
    }

    @Test @Reactor func theEndOfTheServerDoesNotWaitForIt() async throws {
        let host = try await FakeHost(isEnding: false)
        _ = try await host.run(Self.program, exit: 0)
        async let isGone = host.instance.isDestroyed(within: 600)
        await host.spawner.waitForDestroy()
        await host.close()
        #expect(await isGone, "it went with the spawner")
    }

    @Test @Reactor func whatEndsIsToldWithWhatItUsed() async throws {
        let host = try await FakeHost(isEnding: true)
        let result = try await host.run(Self.program, exit: 0)
        #expect(result.message == nil && result.cpuTimeMilliseconds == 1.5)
        #expect(!host.instance.isHeldUp && host.instance.isUsable)
        host.spawner.letGo()
        await host.instance.destroy()
    }
}
