// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// An interpreter that waits for its program: every state, and everything that it may say in it.
@Suite(.reactor)
struct WaitingProgramTests {
    private static func program(_ change: (inout ProgramSpec) -> Void = { _ in }) -> ProgramSpec {
        var program = ProgramSpec(
            arguments: ["/usr/bin/python3", "/tmp/main.py", "a"],
            environment: [EnvironmentVariable(name: "OWN", value: "1")], workingDirectory: "/workspace",
            user: .sandbox, limits: .shippedDefaults)
        program.files = [SandboxFile(path: "/tmp/main.py", content: [1]), SandboxFile(path: "/tmp/b", content: [2])]
        change(&program)
        return program
    }

    private static let sandbox = SandboxSpec(
        storage: .memory(mebibytes: 448), namespace: .default, memoryMiB: 512, user: .sandbox,
        workingDirectory: "/workspace")

    /// An interpreter's view of the pipes, and the server's view of the interpreter.
    @Reactor
    private struct Fixture {
        let run: RunFixture
        let waiting: WaitingProgram
        let job: Descriptor
        let answers: Descriptor

        init() throws {
            // A test writes to a pipe that the server has closed.
            Privileges.surviveBrokenPipes()
            run = try RunFixture()
            let (ours, theirs) = try WaitingChannel.make()
            (job, answers) = (theirs[0], theirs[1])
            let key = InterpreterKey(
                WarmInterpreter(.python), sandbox: WaitingProgramTests.sandbox, program: program(), commandLength: 2,
                waiting: .shippedDefaults)
            waiting = try WaitingProgram(key, run.session, channel: ours)
        }

        /// One whose interpreter waits.
        static func ready() async throws -> Fixture {
            let fixture = try Fixture()
            try fixture.say(.waiting)
            try #require(await fixture.waiting.waitUntilReady())
            return fixture
        }

        func say(_ answers: InterpreterAnswer...) throws {
            try self.answers.writeAll(answers.flatMap(\.frame.encoded))
        }

        /// All that the interpreter is given; returns when the server has closed the pipe.
        func received() async throws -> [UInt8] {
            try await BlockingPool.shared.run { [job] in
                var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
                while let count = try job.read(into: &buffer), count > 0 { bytes += buffer[..<count] }
                return bytes
            }
        }
    }

    // MARK: - Until it waits

    @Test @Reactor func everybodyWhoWaitsForItIsToldOnceItWaits() async throws {
        let fixture = try Fixture()
        var calls = 0
        fixture.waiting.whenReady { calls += 1 }
        async let first = fixture.waiting.waitUntilReady()
        async let second = fixture.waiting.waitUntilReady()
        #expect(!fixture.waiting.isReady && fixture.waiting.startDuration == nil)
        try fixture.say(.waiting)
        #expect(await [first, second] == [true, true])
        #expect(fixture.waiting.isReady && fixture.waiting.startDuration != nil && calls == 1)
        // Who comes later finds it so.
        #expect(await fixture.waiting.waitUntilReady(atMost: 0))
        fixture.waiting.whenReady { calls += 1 }
        #expect(calls == 2)
        fixture.waiting.close()
    }

    @Test @Reactor func oneThatEndsBeforeItWaitsIsOfNoUse() async throws {
        let fixture = try Fixture()
        fixture.waiting.whenReady { Issue.record("it never waited") }
        async let isReady = fixture.waiting.waitUntilReady()
        fixture.answers.closeNow()
        #expect(await !isReady)
        #expect(await !fixture.waiting.waitUntilReady() && !fixture.waiting.isReady)
        #expect(try await fixture.received() == [], "it reads the end of its job")
    }

    @Test @Reactor func oneThatIsNotThereInTimeIsGivenUp() async throws {
        let fixture = try Fixture()
        #expect(await !fixture.waiting.waitUntilReady(atMost: 1))
        #expect(try await fixture.received() == [])
        #expect(throws: SystemError.self) { try fixture.say(.waiting) }
        #expect(!fixture.waiting.isReady)
    }

    @Test @Reactor func aTimeThatIsUpAfterItWaitsEndsNothing() async throws {
        let fixture = try Fixture()
        async let isReady = fixture.waiting.waitUntilReady(atMost: 60_000_000_000)
        try fixture.say(.waiting)
        #expect(await isReady)
        // A wait that begins now has no time of its own.
        #expect(await fixture.waiting.waitUntilReady(atMost: 0))
        #expect(fixture.waiting.isReady)
        fixture.waiting.close()
    }

    @Test(
        arguments: [
            InterpreterAnswer.refused(step: 0, errno: 1).frame.encoded, [0, 0, 0, 0, 99, 0, 0, 0, 0],
            [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0],
        ] as [[UInt8]])
    @Reactor func oneThatSaysAnythingElseFirstIsOfNoUse(bytes: [UInt8]) async throws {
        let fixture = try Fixture()
        async let isReady = fixture.waiting.waitUntilReady()
        try fixture.answers.writeAll(bytes)
        #expect(await !isReady)
        #expect(try await fixture.received() == [])
        #expect(fixture.run.heard.ends == 0, "its run is for whoever prepared it to end")
    }

    @Test @Reactor func whatItSaysIsTakenHoweverItsBytesAreCutUp() async throws {
        let fixture = try Fixture()
        async let isReady = fixture.waiting.waitUntilReady()
        for byte in InterpreterAnswer.waiting.frame.encoded { try fixture.answers.writeAll([byte]) }
        #expect(await isReady)
        fixture.waiting.close()
    }

    // MARK: - While it waits

    @Test(arguments: [InterpreterAnswer.waiting, .refused(step: 0, errno: 1)])
    @Reactor func oneThatSpeaksWhileItWaitsIsOfNoUse(answer: InterpreterAnswer) async throws {
        let fixture = try await Fixture.ready()
        try fixture.say(answer)
        #expect(try await fixture.received() == [], "the server has closed it")
        #expect(!fixture.waiting.isReady && !fixture.waiting.fits(Self.program()))
    }

    @Test @Reactor func oneThatEndsWhileItWaitsIsOfNoUse() async throws {
        let fixture = try await Fixture.ready()
        fixture.answers.closeNow()
        #expect(try await fixture.received() == [])
        #expect(!fixture.waiting.isReady)
    }

    @Test @Reactor func itTakesProgramsThatStartAsItDid() async throws {
        let fixture = try await Fixture.ready()
        let waiting = fixture.waiting
        #expect(waiting.fits(Self.program()) && waiting.fits(Self.program { $0.arguments[2] = "b" }))
        #expect(!waiting.fits(Self.program { $0.arguments[1] = "/tmp/other.py" }))
        #expect(!waiting.fits(Self.program { $0.environment = [EnvironmentVariable(name: "PYTHONPATH", value: "/x")] }))
        waiting.close()
        #expect(!waiting.fits(Self.program()) && waiting.isFor(Self.program()))
    }

    // MARK: - With its program

    @Test @Reactor func itIsGivenWhatItDoesNotKnowYet() async throws {
        let fixture = try await Fixture.ready()
        let program = Self.program()
        try fixture.waiting.begin(program)
        let expected = InterpreterJob(
            arguments: ["a"], environment: ["OWN=1"], steps: PackedSteps.encode([JobSteps(program).steps]))
        // Each packing of the steps has file names of its own.
        let known = expected.frame.encoded.count - expected.steps.count
        let received = try await fixture.received()
        #expect(received.prefix(known) == expected.frame.encoded.prefix(known))
        #expect(received.count == expected.frame.encoded.count)
        #expect(!fixture.waiting.isReady && !fixture.waiting.fits(program))
        #expect(await !fixture.waiting.waitUntilReady(), "nobody else gets it")
        fixture.waiting.close()
    }

    @Test(arguments: [(step: UInt32(0), position: 0), (1, 1), (2, 2)])
    @Reactor func aFileThatItCannotWriteEndsItsRun(step: UInt32, position: Int) async throws {
        let fixture = try await Fixture.ready()
        try fixture.waiting.begin(Self.program())
        try fixture.say(.refused(step: step, errno: SystemError.notFound))
        let ending = await fixture.run.session.waitForEnd()
        guard case .refused(.file, position, SystemError.notFound, _) = ending else {
            Issue.record("it ended with \(ending)")
            return
        }
        // The first word counts.
        try fixture.say(.refused(step: 9, errno: 1))
        fixture.answers.closeNow()
        #expect(await fixture.run.session.waitForEnd() == ending)
        #expect(fixture.run.heard.ends == 1)
        fixture.waiting.close()
    }

    @Test @Reactor func itsPipeEndsWithItsProgramsStartAndItsRunGoesOn() async throws {
        let fixture = try await Fixture.ready()
        try fixture.waiting.begin(Self.program())
        fixture.answers.closeNow()
        // Whatever the reactor finds in the pipe, it has found when a later event is handled.
        await withCheckedContinuation { continuation in
            _ = Reactor.schedule(afterNanoseconds: 1) { continuation.resume() }
        }
        #expect(fixture.run.heard.ends == 0 && fixture.run.kills == 0)
        fixture.waiting.close()
    }

    @Test @Reactor func closingItTellsWhoWaitsAndClosesBothPipes() async throws {
        let fixture = try Fixture()
        async let isReady = fixture.waiting.waitUntilReady()
        // The wait has begun when the next one is asked for.
        async let other = fixture.waiting.waitUntilReady()
        await Task.yield()
        for _ in 0..<2 { fixture.waiting.close() }
        #expect(await [isReady, other] == [false, false])
        #expect(try await fixture.received() == [])
        #expect(throws: SystemError.self) { try fixture.say(.waiting) }
    }
}
