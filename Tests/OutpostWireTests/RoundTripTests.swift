// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostWire
import Testing

/// What is sent is what arrives, whatever the values.
struct RoundTripTests {
    @Test(arguments: UInt64(1)...200)
    func messagesOfAnyValuesArriveAsTheyWereSent(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for message in generator.messages() {
            #expect(try message.isEncoded(message.encoded), "\(message.testDescription)")
        }
    }
}

extension SeededGenerator {
    /// One message of each kind.
    mutating func messages() -> [WireMessage] {
        spawnerRequests() + spawnerReplies() + guestRequests() + guestEvents() + workerRequests() + workerReplies()
    }

    private mutating func workerRequests() -> [WireMessage] {
        let operations: [WorkerOperation] = [
            .read(
                path: text(), offset: integer(), length: integer(), window: integer(),
                hasPipe: Bool.random(using: &self)),
            .write(path: text(), mode: integer(), modified: integer(), .init(rawValue: integer())),
            .status(path: text(), followsLink: Bool.random(using: &self)),
            .list(path: text(), depth: integer(), window: integer()),
            .makeFolder(path: text(), mode: integer(), makesParents: Bool.random(using: &self)),
            .move(from: text(), to: text()), .remove(path: text(), isRecursive: Bool.random(using: &self)),
            .watch(path: text(), isRecursive: Bool.random(using: &self), window: integer()),
            .connect(port: integer(), window: integer()),
            .makeLink(path: text(), target: text(), isHard: Bool.random(using: &self)),
        ]
        return operations.map { WireMessage(WorkerRequest.begin(integer(), $0)) }
    }

    private mutating func workerReplies() -> [WireMessage] {
        let record = FileInformation(
            kind: .symlink, mode: integer(), uid: integer(), gid: integer(), size: integer(), modified: integer(),
            changed: integer(), number: integer())
        return [
            WireMessage(WorkerReply.begun(integer(), Bool.random(using: &self) ? record : nil)),
            WireMessage(WorkerReply.done(integer(), record)),
            WireMessage(WorkerReply.failed(integer(), errno: integer(), detail: text())),
        ]
    }

    private mutating func spawnerRequests() -> [WireMessage] {
        let configuration = SpawnerConfiguration(
            dataDirectory: text(), cgroupBase: text(), firstID: integer(), slots: integer(),
            extraConfiguration: [text(), text()])
        let storage: LaunchRequest.Storage =
            Bool.random(using: &self)
            ? .memory(bytes: integer(), files: integer()) : .disk(sandbox: text())
        let launch = LaunchRequest(
            slot: integer(), tenant: text(), storage: storage, layers: layers(), hostname: text(),
            scratchBytes: integer(), workingDirectory: text(), owner: integer(),
            isRootReadOnly: Bool.random(using: &self))
        let limits = RunLimits(memoryBytes: integer(), cpuQuotaMicroseconds: integer(), processes: integer())
        let share = TenantShare(
            weight: integer(), memoryBytes: space(), cpuQuotaMicroseconds: nil,
            processes: Bool.random(using: &self) ? UInt32.random(in: 0..<(.max), using: &self) : nil)
        return [
            WireMessage(.configure(configuration), id: integer()),
            WireMessage(.launch(launch), id: integer()),
            WireMessage(.prepare(run: integer(), slot: integer(), limits, processors()), id: integer()),
            WireMessage(.limit(run: integer(), limits), id: integer()),
            WireMessage(.setAffinity(run: integer(), processors()), id: integer()),
            WireMessage(.pause(slot: integer(), isPaused: Bool.random(using: &self)), id: integer()),
            WireMessage(.gauge(slot: integer()), id: integer()),
            WireMessage(.retire(slot: integer()), id: integer()),
            WireMessage(.reclaim(slot: integer()), id: integer()),
            WireMessage(.freeze(run: integer(), isFrozen: Bool.random(using: &self)), id: integer()),
            WireMessage(.share(tenant: text(), share), id: integer()),
            WireMessage(.ping, id: integer()),
            WireMessage(
                .meter(
                    run: integer(), withStall: Bool.random(using: &self), withMemory: Bool.random(using: &self)),
                id: integer()),
            WireMessage(.counters(run: integer()), id: integer()),
            WireMessage(.kill(run: integer()), id: integer()),
            WireMessage(.finish(run: integer(), slot: integer()), id: integer()),
            WireMessage(.abandon(run: integer()), id: integer()),
            WireMessage(.destroy(slot: integer()), id: integer()),
        ]
    }

    private mutating func layers() -> RootLayers {
        let disks = (0..<Int.random(in: 0...RootLayers.mostSealedDisks, using: &self)).map { number in
            SealedDiskID(number: UInt64(number) << 32 | UInt64.random(in: 0..<(1 << 32), using: &self))
        }
        do {
            return try RootLayers(hostImageBelow: disks)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private mutating func spawnerReplies() -> [WireMessage] {
        let usage = RunUsage(
            cpuMicroseconds: integer(), memoryPeakBytes: integer(), fileBytes: integer(), memoryKills: integer(),
            processRefusals: integer(), freeBytes: space(), freeFiles: space())
        return [
            WireMessage(SpawnerReply.done, id: integer()),
            WireMessage(.prepared(cgroupProcs: integer(), hasAlarm: Bool.random(using: &self)), id: integer()),
            WireMessage(.used(usage), id: integer()),
            WireMessage(.launched(process: integer()), id: integer()),
            WireMessage(
                .metered(RunMeter(cpuMicroseconds: integer(), stallMicroseconds: space(), memoryPeakBytes: space())),
                id: integer()),
            WireMessage(
                .gauged(
                    SandboxGauge(
                        cpuMicroseconds: integer(), throttledMicroseconds: integer(), memoryBytes: integer(),
                        memoryPeakBytes: integer(), processes: integer(), diskUsedBytes: integer(),
                        diskUsedFiles: integer())), id: integer()),
            WireMessage(.failed(operation: text(), errno: integer()), id: integer()),
        ]
    }

    private mutating func processors() -> ProcessorSet {
        ProcessorSet((0..<4).map { _ in Int.random(in: 0..<512, using: &self) })
    }

    /// Not the greatest value: it stands for nil.
    private mutating func space() -> UInt64? {
        Bool.random(using: &self) ? UInt64.random(in: 0..<(.max), using: &self) : nil
    }

    private mutating func guestRequests() -> [WireMessage] {
        var program = GuestProgram(
            process: integer(), descriptors: integer(), uid: integer(), gid: integer(), arguments: list { $0.text() },
            environment: list { $0.text() }, directory: text(),
            limits: list { .init(resource: $0.integer(), soft: $0.integer(), hard: $0.integer()) },
            filters: list { $0.bytes() },
            copies: list { .init(path: $0.text(), mode: $0.integer(), offset: $0.integer(), size: $0.integer()) },
            processors: processors(),
            folder: RunFolder(root: "/" + text(), workingDirectory: text(), options: .init(rawValue: integer())))
        program.streams = streams()
        program.reports = .init(rawValue: integer())
        return [
            WireMessage(GuestRequest.hello(hello())),
            WireMessage(.stage(process: integer(), path: text(), mode: integer(), part: bytes())),
            WireMessage(.start(program)),
            WireMessage(
                .signal(
                    process: integer(), signal: Int32.random(in: 1...64, using: &self), group: Bool.random(using: &self)
                )),
            WireMessage(.resize(process: integer(), TerminalSize(rows: integer(), columns: integer()))),
            WireMessage(.setClock(nanoseconds: integer())), WireMessage(.addEntropy(bytes())), WireMessage(.shutDown),
        ] + streamMessages().map { WireMessage(GuestRequest.stream(integer(), $0)) }
    }

    private mutating func hello() -> Hello { Hello(version: integer(), features: .init(rawValue: integer())) }

    private mutating func streams() -> ProcessStreams {
        switch Int.random(in: 0..<3, using: &self) {
        case 0: .attached
        case 1: .framed(input: integer(), output: integer(), error: integer(), window: integer())
        default: .terminal(stream: integer(), window: integer(), TerminalSize(rows: integer(), columns: integer()))
        }
    }

    private mutating func streamMessages() -> [StreamMessage] {
        [.data(bytes() + [1]), .credit(UInt32.random(in: 1...(.max), using: &self)), .end, .reset(errno: integer())]
    }

    private mutating func guestEvents() -> [WireMessage] {
        let stage = GuestEvent.Stage(rawValue: UInt8.random(in: 1...4, using: &self)) ?? .setup
        return [
            WireMessage(GuestEvent.hello(hello())),
            WireMessage(.started(process: integer(), pid: integer())),
            WireMessage(.used(process: integer(), cpuMicroseconds: integer(), memoryPeakBytes: integer())),
            WireMessage(GuestEvent.failed(errno: integer(), detail: text())),
            WireMessage(InterpreterAnswer.waiting),
            WireMessage(InterpreterAnswer.refused(step: integer(), errno: integer())),
            WireMessage(
                GuestEvent.refused(
                    process: integer(), stage: stage, position: integer(), errno: integer(), detail: text())),
            WireMessage(.exited(process: integer(), code: Int32.random(in: 0...255, using: &self))),
            WireMessage(.signalled(process: integer(), signal: Int32.random(in: 1...64, using: &self))),
        ] + streamMessages().map { WireMessage(GuestEvent.stream(integer(), $0)) }
    }
}
