// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostTesting
import Testing

@testable import OutpostEngine

/// Where the engine says that the time of a run went.
struct RunTimesTests {
    private func times(of fixture: EngineFixture, _ language: String) async throws -> RunTimes {
        let times = RunTimes()
        _ = try await fixture.engine.sandboxes.execute(
            ExecutionRequest(program: .code("", language: language)), language: language, in: .default,
            times: times)
        return times
    }

    @Test func aRunIsInEachOfItsSteps() async throws {
        let fixture = try await EngineFixture()
        #expect(try await times(of: fixture, "python").steps.map(\.step) == [.queue, .spawn, .run, .finish])
        #expect(try await times(of: fixture, "rust").steps.map(\.step) == [.queue, .spawn, .compile, .run, .finish])
    }

    @Test func theTimeGoesToTheStepThatTookIt() async throws {
        let fixture = try await EngineFixture()
        let pause = Duration.milliseconds(20)
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in
                let end = ContinuousClock.now + pause
                while ContinuousClock.now < end {}
                return .exited(0)
            }
        }
        let steps = try await times(of: fixture, "python").steps
        #expect(try #require(steps.first { $0.step == .run }).duration >= pause)
    }

    @Test func everyStepOfARunIsCountedOnceAndItsTeardownAfterIt() async throws {
        let fixture = try await EngineFixture()
        for _ in 0..<3 { _ = try await times(of: fixture, "python") }
        await waitUntil { fixture.counts.steps[.teardown] == 3 }
        let steps = fixture.counts.steps
        #expect(steps == [.queue: 3, .spawn: 3, .run: 3, .finish: 3, .teardown: 3])
    }

    @Test func aRunWithoutAnExecutionIsNotCounted() async throws {
        let fixture = try await EngineFixture()
        fixture.driver.change { state in
            state.onRun = { (_) throws(OutpostError) in throw OutpostError(.invalidRequest, "no") }
        }
        #expect(try await code { _ = try await times(of: fixture, "python") } == .invalidRequest)
        #expect(fixture.counts.steps[.run] == nil)
    }

    @Test func anEphemeralRunWritesNothingToTheStores() async throws {
        let fixture = try await EngineFixture()
        // What every write then throws would fail the run.
        fixture.stores.change { $0.failure = OutpostError(.insufficientStorage, "the disk is full") }
        #expect(try await times(of: fixture, "python").steps.isEmpty == false)
        #expect(fixture.driver.diskSet.isEmpty)
    }
}
