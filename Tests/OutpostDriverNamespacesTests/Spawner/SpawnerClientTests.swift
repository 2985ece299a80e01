// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Synchronization
import Testing

@testable import OutpostDriverNamespaces

/// The server's end of the socket to the spawner, from the greeting to the end, and with another spawner in between.
@Suite(.reactor)
struct SpawnerClientTests {
    private static let configuration = SpawnerConfiguration(
        dataDirectory: "/d", cgroupBase: "b", firstID: 1 << 20, slots: 4)
    private static let share = TenantShare(weight: 7)
    private static let limits = RunLimits(memoryBytes: 1, cpuQuotaMicroseconds: 1, processes: 1)

    /// A client and its spawner.
    @Reactor
    private struct Fixture {
        let client: SpawnerClient
        let spawner: ScriptedSpawner
        private let losses: Losses

        /// How often the client has said that the spawner is gone.
        var lost: Int { losses.count.load(ordering: .acquiring) }

        private final class Losses: Sendable {
            let count = Atomic(0)
        }

        init() throws {
            let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
            let losses = Losses()
            self.losses = losses
            spawner = try ScriptedSpawner(theirs)
            client = SpawnerClient(ours, share: { _ in SpawnerClientTests.share }) {
                losses.count.add(1, ordering: .acquiringAndReleasing)
            }
        }

        static func open() async throws -> Fixture {
            let fixture = try Fixture()
            try fixture.spawner.greet()
            async let opened: Void = fixture.client.open(configuration)
            let request = try await fixture.spawner.expect(.configure(configuration))
            try fixture.spawner.answer(.done, to: request.id)
            try await opened
            return fixture
        }

        func end() async {
            spawner.close()
            await client.close(atMost: 60_000_000_000)
        }

        func launch(_ slot: UInt32, of tenant: NamespaceName? = .default) throws -> SpawnerRequest {
            let spec = SandboxSpec(
                storage: .memory(mebibytes: 1), namespace: tenant, memoryMiB: 64, user: .sandbox,
                workingDirectory: "/w")
            return .launch(try LaunchRequest(spec, slot: slot))
        }
    }

    /// What `body` throws of the kernel's errors.
    @Reactor private func errno(_ body: () async throws -> Void) async -> Int32? {
        do { try await body() } catch { return (error as? SystemError)?.number }
        return nil
    }

    // MARK: - Opening

    @Test @Reactor func aSpawnerIsConfiguredWhenItGreetsAndNotBefore() async throws {
        let fixture = try Fixture()
        async let opened: Void = fixture.client.open(Self.configuration)
        // The client listens once it is being opened, and says nothing.
        await Task.yield()
        #expect(fixture.spawner.unread.isEmpty)
        try fixture.spawner.greet()
        let request = try await fixture.spawner.expect(.configure(Self.configuration))
        try fixture.spawner.answer(.done, to: request.id)
        try await opened
        await fixture.end()
    }

    @Test @Reactor func aSpawnerThatCannotSetItselfUpSaysWhy() async throws {
        let fixture = try Fixture()
        try fixture.spawner.greet()
        async let opened = errno { try await fixture.client.open(Self.configuration) }
        let request = try #require(await fixture.spawner.next())
        try fixture.spawner.answer(.failed(operation: "set up", errno: SystemError.noMemory), to: request.id)
        #expect(await opened == SystemError.noMemory)
        await fixture.end()
        #expect(fixture.lost == 0, "whoever opens it knows")
    }

    @Test @Reactor func aSpawnerThatIsGoneBeforeItGreetsIsAnError() async throws {
        let fixture = try Fixture()
        fixture.spawner.close()
        #expect(await errno { try await fixture.client.open(Self.configuration) } == SystemError.brokenPipe)
        #expect(fixture.client.isClosed && fixture.lost == 0)
    }

    // MARK: - Calls

    @Test @Reactor func eachCallGetsItsOwnAnswerInWhateverOrder() async throws {
        let fixture = try await Fixture.open()
        async let first = fixture.client.call(.kill(run: 1)).reply
        let kill = try await fixture.spawner.expect(.kill(run: 1))
        async let second = fixture.client.call(.abandon(run: 2)).reply
        let leave = try await fixture.spawner.expect(.abandon(run: 2))
        try fixture.spawner.answer(.used(.plain), to: leave.id)
        #expect(try await second == .used(.plain))
        try fixture.spawner.answer(.done, to: kill.id)
        #expect(try await first == .done)
        // One that nobody waits for, and a second answer, change nothing.
        try fixture.spawner.answer(.done, to: kill.id)
        try fixture.spawner.answer(.done, to: 1 << 40)
        async let third = fixture.client.call(.ping).reply
        try fixture.spawner.answer(.done, to: try await fixture.spawner.expect(.ping).id)
        #expect(try await third == .done)
        await fixture.end()
    }

    @Test @Reactor func descriptorsGoAlongBothWays() async throws {
        let fixture = try await Fixture.open()
        let (there, back) = (try Descriptor.pipe(), try Descriptor.pipe())
        async let answer = fixture.client.call(.zygote(slot: 3), [there.write])
        let request = try await fixture.spawner.expect(.zygote(slot: 3))
        try #require(request.descriptors.first).writeAll([5])
        try fixture.spawner.answer(.done, to: request.id, [back.write])
        try #require(try await answer.descriptors.first).writeAll([6])
        var byte: [UInt8] = [0]
        #expect(try there.read.read(into: &byte) == 1 && byte == [5])
        #expect(try back.read.read(into: &byte) == 1 && byte == [6])
        await fixture.end()
    }

    @Test @Reactor func aRefusalIsThrown() async throws {
        let fixture = try await Fixture.open()
        async let thrown = errno { try await fixture.client.call(.abandon(run: 1)) }
        let request = try await fixture.spawner.expect(.abandon(run: 1))
        try fixture.spawner.answer(.failed(operation: "find it", errno: SystemError.notFound), to: request.id)
        #expect(await thrown == SystemError.notFound)
        await fixture.end()
    }

    @Test @Reactor func aCallThatIsTooLongIsNotSent() async throws {
        let fixture = try await Fixture.open()
        let long = SpawnerRequest.share(tenant: String(repeating: "a", count: SpawnerRequest.largest), Self.share)
        #expect(await errno { try await fixture.client.call(long) } == SystemError.messageTooLong)
        fixture.client.tell(.ping)
        try await fixture.spawner.expect(.ping)
        await fixture.end()
    }

    @Test @Reactor func whatIsAskedWithoutAWaitGetsItsAnswerOnce() async throws {
        let fixture = try await Fixture.open()
        var answers: [SpawnerReply] = []
        fixture.client.ask(.ping) { answers.append($0.reply) }
        let request = try await fixture.spawner.expect(.ping)
        for _ in 0..<2 { try fixture.spawner.answer(.done, to: request.id) }
        try await answerPing(fixture)
        #expect(answers == [.done])
        fixture.client.ask(.abandon(run: 1)) { answers.append($0.reply) }
        await fixture.end()
        #expect(answers == [.done], "there is no answer from a spawner that is gone")
    }

    /// Returns when the client has taken all that was sent to it before.
    @Reactor private func answerPing(_ fixture: Fixture) async throws {
        async let pinged = fixture.client.call(.ping).reply
        try fixture.spawner.answer(.done, to: try await fixture.spawner.expect(.ping).id)
        _ = try await pinged
    }

    @Test @Reactor func theShareOfATenantIsToldOnceBeforeItsFirstSandbox() async throws {
        let fixture = try await Fixture.open()
        let launches = [try fixture.launch(0), try fixture.launch(1), try fixture.launch(2, of: nil)]
        for (number, launch) in launches.enumerated() {
            async let reply = fixture.client.call(launch).reply
            if number == 0 {
                try await fixture.spawner.expect(.share(tenant: NamespaceName.default.rawValue, Self.share))
            }
            let request = try await fixture.spawner.expect(launch)
            try fixture.spawner.answer(.launched(process: 1), to: request.id)
            #expect(try await reply == .launched(process: 1))
        }
        await fixture.end()
    }

    @Test @Reactor func fewOrdinaryCallsAreOnTheirWayAndUrgentOnesPassThem() async throws {
        let fixture = try await Fixture.open()
        let calls = (0..<3 as Range<UInt64>).map { run in
            Task { @Reactor in
                _ = try await fixture.client.call(.prepare(run: run, slot: 0, Self.limits, ProcessorSet()))
            }
        }
        let first = try await fixture.spawner.expect(.prepare(run: 0, slot: 0, Self.limits, ProcessorSet()))
        let second = try await fixture.spawner.expect(.prepare(run: 1, slot: 0, Self.limits, ProcessorSet()))
        fixture.client.tell(.kill(run: 9))
        try await fixture.spawner.expect(.kill(run: 9))
        #expect(fixture.spawner.unread.isEmpty)
        let reply = SpawnerReply.prepared(cgroupProcs: 0, hasAlarm: false)
        try fixture.spawner.answer(reply, to: first.id)
        let third = try await fixture.spawner.expect(.prepare(run: 2, slot: 0, Self.limits, ProcessorSet()))
        for request in [second, third] { try fixture.spawner.answer(reply, to: request.id) }
        for call in calls { try await call.value }
        await fixture.end()
    }

    @Test @Reactor func whatFindsNoRoomIsSentInItsOrderWhenThereIsSome() async throws {
        let fixture = try await Fixture.open()
        fixture.spawner.stopListening()
        let count: UInt64 = 5000
        for run in 0..<count { fixture.client.tell(.kill(run: run)) }
        try fixture.spawner.listen()
        for run in 0..<count { try await fixture.spawner.expect(.kill(run: run)) }
        await fixture.end()
    }

    // MARK: - Waits that are given up

    @Test @Reactor func aWaitThatIsGivenUpEndsAndItsAnswerIsNobodys() async throws {
        let fixture = try await Fixture.open()
        let wait = SpawnerWait()
        wait.giveUp()
        async let thrown = errno { try await fixture.client.call(.finish(run: 1, slot: 0), wait: wait) }
        let request = try await fixture.spawner.expect(.finish(run: 1, slot: 0))
        wait.giveUp()
        #expect(await thrown == SpawnerWait.overdue.number)
        wait.giveUp()
        try fixture.spawner.answer(.used(.plain), to: request.id)
        try await answerPing(fixture)
        await fixture.end()
    }

    @Test @Reactor func aWaitForItsTurnIsNotGivenUp() async throws {
        let fixture = try await Fixture.open()
        let wait = SpawnerWait()
        let prepare = SpawnerRequest.prepare(run: 1, slot: 0, Self.limits, ProcessorSet())
        async let reply = fixture.client.call(prepare, wait: wait).reply
        let request = try await fixture.spawner.expect(prepare)
        wait.giveUp()
        try fixture.spawner.answer(.prepared(cgroupProcs: 0, hasAlarm: false), to: request.id)
        #expect(try await reply == .prepared(cgroupProcs: 0, hasAlarm: false))
        await fixture.end()
    }

    // MARK: - Another spawner

    @Test @Reactor func anotherSpawnerIsConfiguredAndWhatItsPredecessorWasAskedIsLost() async throws {
        let fixture = try await Fixture.open()
        let launch = try fixture.launch(0)
        let calls = (0..<3).map { _ in
            Task { @Reactor in await errno { try await fixture.client.call(launch) } }
        }
        try await fixture.spawner.expect(.share(tenant: NamespaceName.default.rawValue, Self.share))
        let request = try await fixture.spawner.expect(launch)
        try await fixture.spawner.expect(launch)
        try fixture.spawner.greet()
        for call in calls { #expect(await call.value == SystemError.connectionReset) }
        let configure = try await fixture.spawner.expect(.configure(Self.configuration))
        // The third was never sent, and an answer of the first spawner's counts for nothing.
        try fixture.spawner.answer(.launched(process: 1), to: request.id)
        try fixture.spawner.answer(.done, to: configure.id)
        async let reply = fixture.client.call(launch).reply
        try await fixture.spawner.expect(.share(tenant: NamespaceName.default.rawValue, Self.share))
        let again = try await fixture.spawner.expect(launch)
        try fixture.spawner.answer(.launched(process: 2), to: again.id)
        #expect(try await reply == .launched(process: 2))
        #expect(fixture.lost == 0 && !fixture.client.isClosed)
        await fixture.end()
    }

    // MARK: - The end

    @Test @Reactor func aSpawnerThatIsGoneFailsEveryCallAndIsToldOfOnce() async throws {
        let fixture = try await Fixture.open()
        async let thrown = errno { try await fixture.client.call(.ping) }
        try await fixture.spawner.expect(.ping)
        fixture.spawner.close()
        #expect(await thrown == SystemError.brokenPipe)
        #expect(fixture.client.isClosed && fixture.lost == 1)
        #expect(await errno { try await fixture.client.call(.ping) } == SystemError.brokenPipe)
        fixture.client.tell(.ping)
        fixture.client.ask(.ping) { _ in Issue.record("an answer from nobody") }
        await fixture.client.close()
        #expect(fixture.lost == 1)
    }

    @Test @Reactor func aSpawnerThatTalksNonsenseIsGivenUp() async throws {
        let fixture = try await Fixture.open()
        async let thrown = errno { try await fixture.client.call(.ping) }
        try await fixture.spawner.expect(.ping)
        try fixture.spawner.send([0xff])
        #expect(await thrown == SystemError.brokenPipe)
        #expect(fixture.lost == 1)
        fixture.spawner.close()
    }

    @Test @Reactor func whoEndsItHearsOfEarlierCallsAndMakesNoMore() async throws {
        let fixture = try await Fixture.open()
        async let reply = fixture.client.call(.destroy(slot: 1)).reply
        let request = try await fixture.spawner.expect(.destroy(slot: 1))
        async let closed: Void = fixture.client.close(atMost: 60_000_000_000)
        #expect(await fixture.spawner.next()?.request == nil, "the spawner reads the end")
        #expect(await errno { try await fixture.client.call(.ping) } == SystemError.brokenPipe)
        try fixture.spawner.answer(.done, to: request.id)
        #expect(try await reply == .done)
        fixture.spawner.close()
        await closed
        #expect(fixture.client.isClosed && fixture.lost == 0)
        await fixture.client.close()
    }

    @Test @Reactor func aSpawnerThatDoesNotEndIsGivenUpInTime() async throws {
        let fixture = try await Fixture.open()
        async let thrown = errno { try await fixture.client.call(.destroy(slot: 1)) }
        try await fixture.spawner.expect(.destroy(slot: 1))
        await fixture.client.close(atMost: 1_000_000)
        #expect(await thrown == SystemError.brokenPipe)
        #expect(fixture.client.isClosed && fixture.lost == 0)
        fixture.spawner.close()
    }
}
