// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A sandbox that is held ready has what its first program needs of the host.
@Suite(.reactor)
struct ReadySandboxTests {
    private static func program(_ change: (inout ResourceLimits) -> Void = { _ in }) -> ProgramSpec {
        var limits = ResourceLimits.shippedDefaults
        change(&limits)
        return ProgramSpec(
            arguments: ["prog"], environment: [], workingDirectory: "/w", user: .sandbox, files: [], limits: limits)
    }

    @Test @Reactor func theFirstProgramTakesWhatWasMadeAhead() async throws {
        let host = try await FakeHost(isEnding: true)
        await host.instance.makeReady(for: .shippedDefaults)
        #expect(host.spawner.prepared == 1 && host.spawner.limited.isEmpty)
        #expect(try await host.run(Self.program(), exit: 7).end == .exited(7))
        #expect(host.spawner.prepared == 1 && host.spawner.limited.isEmpty && host.spawner.finished == 1)
        await host.end()
    }

    @Test @Reactor func theNextProgramHasItsOwn() async throws {
        let host = try await FakeHost(isEnding: true)
        await host.instance.makeReady(for: .shippedDefaults)
        _ = try await host.run(Self.program(), exit: 0)
        #expect(try await host.run(Self.program(), exit: 3, number: 2).end == .exited(3))
        #expect(host.spawner.prepared == 2 && host.spawner.finished == 2)
        await host.end()
    }

    @Test(
        arguments: [
            { $0.memoryMiB = 64 }, { $0.memoryMiB = 1 << 14 }, { $0.cpuCores = 0.1 }, { $0.maxProcesses = 3 },
            { $0.maxProcesses += 1 },
        ] as [@Sendable (inout ResourceLimits) -> Void])
    @Reactor func aProgramWithOtherLimitsHasItsOwn(_ change: @Sendable (inout ResourceLimits) -> Void) async throws {
        let host = try await FakeHost(isEnding: true)
        await host.instance.makeReady(for: .shippedDefaults)
        let program = Self.program(change)
        #expect(try await host.run(program, exit: 0).end == .exited(0))
        #expect(host.spawner.prepared == 1 && host.spawner.limited == [RunLimits(program.limits)])
        await host.end()
    }

    @Test @Reactor func itEndsWithASandboxThatNeverRan() async throws {
        let host = try await FakeHost(isEnding: true)
        await host.instance.makeReady(for: .shippedDefaults)
        await host.end()
        #expect(host.spawner.finished == 1, "its cgroup would stay for ever")
        #expect(host.slots.acquire() == 3)
    }

    @Test @Reactor func withoutItTheProgramStartsInTheOrdinaryWay() async throws {
        let host = try await FakeHost(isEnding: true)
        host.spawner.refuses = { if case .prepare = $0 { true } else { false } }
        await host.instance.makeReady(for: .shippedDefaults)
        #expect(host.instance.isUsable)
        #expect(await host.instance.isAlive)
        #expect(try await host.run(Self.program(), exit: 5).end == .exited(5))
        #expect(host.spawner.prepared == 2)
        await host.end()
    }

    @Test @Reactor func aProgramWhoseLimitsAreRefusedDoesNotStart() async throws {
        let host = try await FakeHost(isEnding: true)
        await host.instance.makeReady(for: .shippedDefaults)
        host.spawner.refuses = { if case .limit = $0 { true } else { false } }
        await #expect(throws: OutpostError.self) { try await host.run(Self.program { $0.memoryMiB = 64 }, exit: 0) }
        #expect(host.spawner.finished == 1, "what was made ahead is gone")
        #expect(try await host.run(Self.program(), exit: 0).end == .exited(0))
        await host.end()
    }

    @Test @Reactor func nothingIsMadeAheadTwice() async throws {
        let host = try await FakeHost(isEnding: true)
        await host.instance.makeReady(for: .shippedDefaults)
        await host.instance.makeReady(for: .shippedDefaults)
        #expect(host.spawner.prepared == 1)
        await host.end()
    }

    private static func stateful() async throws -> FakeHost {
        try await FakeHost(isEnding: true, storage: .disk(SandboxID(), mebibytes: 64))
    }

    @Test @Reactor func theEndOfAProgramPreparesTheNextInAStatefulSandbox() async throws {
        let host = try await Self.stateful()
        #expect(try await host.run(Self.program(), exit: 0).end == .exited(0))
        #expect(try await eventually { host.instance.preparedRun != nil })
        #expect(host.spawner.prepared == 2 && host.spawner.finished == 1)
        #expect(try await host.run(Self.program(), exit: 3, number: 2).end == .exited(3))
        #expect(try await eventually { host.instance.preparedRun != nil })
        #expect(host.spawner.prepared == 3 && host.spawner.finished == 2)
        await host.end()
        #expect(host.spawner.finished == 3, "its cgroup would stay for ever")
    }

    @Test @Reactor func theEndOfAProgramPreparesNothingInOthers() async throws {
        let host = try await FakeHost(isEnding: true, storage: .memory(mebibytes: 64))
        _ = try await host.run(Self.program(), exit: 0)
        host.instance.prepareNextRun(.shippedDefaults)
        _ = try await host.run(Self.program(), exit: 0, number: 2)
        #expect(host.spawner.prepared == 2 && host.instance.preparedRun == nil)
        await host.end()
    }

    @Test @Reactor func aProgramWaitsForThePreparationInProgress() async throws {
        let host = try await Self.stateful()
        let preparation = Milestone()
        host.instance.preparation = preparation
        async let result = host.run(Self.program(), exit: 0)
        for _ in 0..<100 { await Task.yield() }
        #expect(host.spawner.prepared == 0, "it did not wait")
        host.instance.preparedRun = (try await host.instance.makeRun(.shippedDefaults), .shippedDefaults)
        host.instance.preparation = nil
        preparation.reach()
        #expect(try await result.end == .exited(0))
        #expect(host.spawner.limited.isEmpty && host.spawner.finished == 1)
        await host.end()
    }

    @Test @Reactor func onlyTheLastSandboxesKeepAPreparedRun() async throws {
        let prepared = PreparedRuns()
        var hosts: [FakeHost] = []
        for _ in 0...PreparedRuns.most {
            let host = try await Self.stateful()
            await host.instance.prepareRun(.shippedDefaults)
            prepared.add(host.instance)
            hosts.append(host)
        }
        let oldest = try #require(hosts.first)
        #expect(try await eventually { oldest.spawner.finished == 1 })
        #expect(oldest.instance.preparedRun == nil)
        #expect(hosts.dropFirst().allSatisfy { $0.instance.preparedRun != nil })
        for host in hosts { await host.end() }
    }

    @Test @Reactor func nothingIsMadeAheadInASandboxThatHasEnded() async throws {
        let host = try await FakeHost(isEnding: true)
        await host.end()
        await host.instance.makeReady(for: .shippedDefaults)
        #expect(host.spawner.prepared == 0)
    }
}

extension FakeHost {
    fileprivate func end() async {
        spawner.letGo()
        await instance.destroy()
    }
}

extension FakeSpawner {
    fileprivate var prepared: Int { requests.count { if case .prepare = $0 { true } else { false } } }
    fileprivate var finished: Int { requests.count { if case .finish = $0 { true } else { false } } }
    fileprivate var limited: [RunLimits] {
        requests.compactMap { if case .limit(_, let limits) = $0 { limits } else { nil } }
    }
}
