// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Synchronization
import Testing

@testable import OutpostEngine

/// What is up on the host for a sandbox, and when.
struct SandboxInstanceTests {
    @Test func runsOfAStatefulSandboxShareOneInstanceOnItsDisk() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        for _ in 0..<3 { _ = try await fixture.exec(id, "true") }
        #expect(fixture.driver.launches.map(\.storage) == [.disk(id, mebibytes: 1024)])
        #expect(await fixture.driver.events.count("destroy") == 0)
    }

    @Test func callsThatComeTogetherShareOneStart() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await fixture.exec(id, "true", concurrent: true) } }
            try await group.waitForAll()
        }
        #expect(fixture.driver.launches.count == 1)
        #expect(fixture.driver.programs.count == 20)
    }

    @Test func everyRunOfAnEphemeralSandboxHasANewInstanceThatGoesWithIt() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(.ephemeral)
        for _ in 0..<2 { _ = try await fixture.exec(id, "true") }
        await fixture.driver.events.wait(for: "discard", times: 2)
        #expect(fixture.driver.launches.map(\.storage) == [.memory(mebibytes: 448), .memory(mebibytes: 448)])
        #expect(fixture.driver.diskSet.isEmpty)
    }

    @Test func anEphemeralInstanceGoesAlsoWhenTheRunFails() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create(.ephemeral)
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in throw OutpostError(.invalidRequest, "no such directory") }
        }
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .invalidRequest)
        await fixture.driver.events.wait(for: "discard")
    }

    @Test func anInstanceThatDiedIsReplaced() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        _ = try await fixture.exec(id, "true")
        try #require(fixture.driver.handles.first).die()
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        #expect(await fixture.driver.events.list == ["launch", "destroy", "launch"])
    }

    @Test func anIdleInstanceIsGivenBackAndComesAgainWithItsDisk() async throws {
        let fixture = try await EngineFixture { $0.unloadAfterSeconds = 0 }
        let id = try await fixture.create()
        _ = try await fixture.exec(id, "true")
        await fixture.driver.events.wait(for: "destroy")
        _ = try await fixture.exec(id, "true")
        #expect(fixture.driver.launches.count == 2)
        #expect(fixture.driver.diskSet == [id])
    }

    @Test func aFailingDriverIsAFailureOfOurs() async throws {
        let fixture = try await EngineFixture()
        for mode in SandboxMode.allCases {
            let id = try await fixture.create(mode)
            fixture.driver.change { $0.launchErrors = [OutpostError(.internal, "the sandbox cannot be started")] }
            let execution = try await fixture.exec(id, "true")
            #expect(execution.status == .sandboxError)
            #expect(execution.message == "the sandbox cannot be started")
            #expect(execution.exitCode == nil)
            #expect(try await fixture.exec(id, "true").status == .succeeded, "the next one tries again")
        }
    }

    @Test func aProgramThatCouldNotBeginIsRunInASandboxThatIsBroughtUpAnew() async throws {
        let fixture = try await EngineFixture()
        let id = try await fixture.create()
        let refusals = Mutex(1)
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in
                let isRefused = refusals.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if isRefused { throw OutpostError(.unavailable, "the disk has to be mounted again") }
                return .exited(0)
            }
        }
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        refusals.withLock { $0 = 2 }
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .unavailable, "once only")
    }

    @Test(arguments: [ErrorCode.unavailable, .insufficientStorage])
    func whenThereIsNoRoomIdleSandboxesMakeSome(reason: ErrorCode) async throws {
        let fixture = try await EngineFixture()
        let idle = try await fixture.create()
        _ = try await fixture.exec(idle, "true")
        let id = try await fixture.create(.ephemeral)
        fixture.driver.change { $0.launchErrors = [OutpostError(reason, "full")] }
        #expect(try await fixture.exec(id, "true").status == .succeeded)
        #expect(await fixture.driver.events.list.prefix(4) == ["launch", "launch", "destroy", "launch"])
        #expect(try await fixture.exec(idle, "true").status == .succeeded)
    }

    @Test func whatIdleSandboxesHoldIsNoReasonToRefuseANewOne() async throws {
        let fixture = try await EngineFixture()
        let idle = try await fixture.create()
        _ = try await fixture.exec(idle, "true")
        fixture.driver.change { $0.roomErrors = [OutpostError(.insufficientStorage, "full")] }
        _ = try await fixture.create()
        #expect(await fixture.driver.events.list == ["launch", "destroy"])
        fixture.driver.change { $0.roomErrors = [OutpostError(.insufficientStorage, "full")] }
        #expect(try await code { _ = try await fixture.create() } == .insufficientStorage, "nothing is idle and up")
    }

    @Test func withoutIdleSandboxesThereIsNoSecondTry() async throws {
        let fixture = try await EngineFixture()
        let busy = try await fixture.create()
        let run = await fixture.hold(busy, "a")
        let id = try await fixture.create(.ephemeral)
        fixture.driver.change { $0.launchErrors = [OutpostError(.unavailable, "full", retryAfter: 1)] }
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .unavailable)
        #expect(fixture.driver.launches.count == 2)
        fixture.driver.held.finish("a")
        #expect(try await run.value.status == .succeeded)
    }

    @Test func noRoomAlsoAfterUnloadingIsSaid() async throws {
        let fixture = try await EngineFixture()
        let idle = try await fixture.create()
        _ = try await fixture.exec(idle, "true")
        let id = try await fixture.create(.ephemeral)
        fixture.driver.change { state in
            state.launchErrors = [OutpostError(.unavailable, "full"), OutpostError(.unavailable, "full")]
        }
        #expect(try await code { _ = try await fixture.exec(id, "true") } == .unavailable)
        #expect(fixture.driver.launches.count == 3)
    }

    @Test func noMoreIdleSandboxesGoThanAreNeededAndTheLeastUsedFirst() async throws {
        let fixture = try await EngineFixture()
        var ids: [SandboxID] = []
        for _ in 0..<4 {
            ids.append(try await fixture.create())
            fixture.clock.advance(seconds: 1)
            _ = try await fixture.exec(ids[ids.count - 1], "true")
        }
        _ = try await fixture.exec(ids[0], "true")
        fixture.driver.change { state in
            state.launchErrors = [OutpostError(.unavailable, "full"), OutpostError(.unavailable, "full")]
        }
        let next = try await fixture.create(.ephemeral)
        #expect(try await fixture.exec(next, "true").status == .succeeded)
        #expect(await fixture.driver.handles[1].isAlive == false)
        #expect(await fixture.driver.handles[2].isAlive == false)
        #expect(await fixture.driver.handles[0].isAlive)
        #expect(await fixture.driver.handles[3].isAlive)
        #expect(fixture.engine.quotas.used(.liveSandboxes, in: .default) == 2)
    }

    @Test func whoWantsMoreThanItsPartTakesNothingFromOneThatHasLess() async throws {
        let fixture = try await EngineFixture()
        let team = try #require(NamespaceName("team-a"))
        let request = ExecutionRequest(program: .command(["true"]))
        let theirs = try await fixture.engine.sandboxes.create(
            SandboxRequest(language: "python", mode: .stateful), in: team)
        _ = try await fixture.engine.sandboxes.exec(request, id: theirs.id, in: team)
        let own = [try await fixture.create(), try await fixture.create()]
        var runs: [Task<Execution, any Error>] = []
        for (number, id) in own.enumerated() { runs.append(await fixture.hold(id, "\(number)")) }
        fixture.driver.change { $0.launchErrors = [OutpostError(.unavailable, "full")] }
        let next = try await fixture.create()
        #expect(try await code { _ = try await fixture.exec(next, "true") } == .unavailable)
        #expect(await fixture.driver.handles[0].isAlive)
        for number in own.indices { fixture.driver.held.finish("\(number)") }
        for run in runs { _ = try await run.value }
    }

    @Test func aNamespaceHasNoMoreSandboxesUpThanItsPart() async throws {
        let fixture = try await EngineFixture { $0.maxLiveSandboxes = 4 }
        var ids: [SandboxID] = []
        for _ in 0..<5 {
            ids.append(try await fixture.create())
            fixture.clock.advance(seconds: 1)
            _ = try await fixture.exec(ids[ids.count - 1], "true")
        }
        #expect(fixture.engine.quotas.used(.liveSandboxes, in: .default) == 3, "its own oldest made room")
        let runs = [
            await fixture.hold(ids[2], "a"), await fixture.hold(ids[3], "b"), await fixture.hold(ids[4], "c"),
        ]
        let refused = try await #require(throws: OutpostError.self) { _ = try await fixture.exec(ids[0], "true") }
        #expect(refused.code == .rateLimited && refused.message.contains("max_live_sandboxes"))
        for name in ["a", "b", "c"] { fixture.driver.held.finish(name) }
        for run in runs { _ = try await run.value }
        #expect(try await fixture.exec(ids[0], "true").status == .succeeded)
    }

    @Test func aSandboxForOneRunIsNeverSeen() async throws {
        let fixture = try await EngineFixture()
        let execution = try await fixture.engine.sandboxes.execute(
            ExecutionRequest(program: .command(["true"])), language: "python", in: .default)
        #expect(execution.status == .succeeded)
        #expect(await fixture.engine.sandboxes.count == 0)
        #expect(fixture.stores.current.sandboxes.isEmpty)
        await fixture.driver.events.wait(for: "discard")
    }
}
