// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostWire
import Testing

/// The bytes of every message, written down: host and agent may be of different builds, so they must not drift.
struct GoldenBytesTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let message: WireMessage
        let bytes: [UInt8]
        var testDescription: String { message.testDescription }

        init(_ message: WireMessage, _ hexadecimal: String) {
            self.message = message
            bytes = OutpostWireTests.bytes(hexadecimal)
        }
    }

    @Test(arguments: spawnerRequests + spawnerReplies + guestRequests + guestEvents + interpreterAnswers + workers)
    func aMessageHasExactlyTheseBytesBothWays(golden: Golden) throws {
        #expect(golden.message.encoded == golden.bytes)
        #expect(try golden.message.isEncoded(golden.bytes))
    }

    @Test func aFrameIsItsLengthItsTypeWhatItIsAboutAndItsPayload() {
        #expect(
            Frame(type: 7, subject: 0x0102_0304, payload: [0xaa, 0xbb]).encoded == bytes("02000000 07 04030201 aabb"))
        #expect(Frame(type: 0, subject: 0).encoded == bytes("00000000 00 00000000"))
    }

    private static let limits = RunLimits(
        memoryBytes: 0x2000_0000, cpuQuotaMicroseconds: 100_000, processes: 128)

    /// A sealed disk above the host image.
    private static let written: RootLayers = {
        do {
            return try RootLayers(hostImageBelow: [SealedDiskID(number: 0x0123_4567_89ab)])
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    static let spawnerRequests = [
        Golden(
            WireMessage(
                .configure(
                    SpawnerConfiguration(
                        dataDirectory: "/d", cgroupBase: "op", firstID: 0x7000_0000, slots: 16,
                        extraConfiguration: ["/etc/a"]))),
            """
            0807060504030201 01 02000000 2f64 02000000 6f70 00000070 10000000 01000000 06000000 2f6574632f61
            """),
        Golden(
            WireMessage(
                .launch(
                    LaunchRequest(
                        slot: 5, tenant: "t", storage: .memory(bytes: 0x10_0000, files: 0x400), hostname: "h",
                        scratchBytes: 0x200,
                        workingDirectory: "/w", owner: 1000))),
            """
            0807060504030201 02 05000000 01000000 74 00 0000100000000000 0004000000000000 02 00 01
            01000000 68 0002000000000000
            02000000 2f77 e8030000 00 00
            """),
        Golden(
            WireMessage(
                .launch(
                    LaunchRequest(
                        slot: 1, tenant: "", storage: .disk(sandbox: "sbx"), hostname: "", scratchBytes: 0,
                        workingDirectory: "/", owner: 0, isRootReadOnly: true))),
            "0807060504030201 02 01000000 00000000 01 03000000 736278 02 00 01 00000000 0000000000000000 01000000 2f 00000000 01 00"
        ),
        Golden(
            WireMessage(
                .launch(
                    LaunchRequest(
                        slot: 1, tenant: "t", storage: .memory(bytes: 1, files: 2), layers: written, hostname: "",
                        scratchBytes: 0, workingDirectory: "/", owner: 0))),
            """
            0807060504030201 02 01000000 01000000 74 00 0100000000000000 0200000000000000
            04 00 01 02 10000000 736c645f303132333435363738396162 00 02 10000000 736c645f303132333435363738396162 01
            00000000 0000000000000000 01000000 2f 00000000 00 00
            """),
        Golden(
            WireMessage(.prepare(run: 9, slot: 2, limits, ProcessorSet([1]))),
            """
            0807060504030201 03 0900000000000000 02000000 0000002000000000 a0860100 80000000 01 0200000000000000
            """),
        Golden(
            WireMessage(.limit(run: 9, limits)),
            "0807060504030201 09 0900000000000000 0000002000000000 a0860100 80000000"),
        Golden(WireMessage(.kill(run: 9)), "0807060504030201 04 0900000000000000"),
        Golden(WireMessage(.finish(run: 9, slot: 2)), "0807060504030201 05 0900000000000000 02000000"),
        Golden(WireMessage(.abandon(run: 9)), "0807060504030201 0f 0900000000000000"),
        Golden(WireMessage(.destroy(slot: 2)), "0807060504030201 06 02000000"),
        Golden(WireMessage(.zygote(slot: 4080)), "0807060504030201 07 f00f0000"),
        Golden(
            WireMessage(.setAffinity(run: 9, ProcessorSet([0, 2, 64]))),
            "0807060504030201 0e 0900000000000000 02 0500000000000000 0100000000000000"),
        Golden(WireMessage(.pause(slot: 9, isPaused: true)), "0807060504030201 10 09000000 01"),
        Golden(WireMessage(.gauge(slot: 9)), "0807060504030201 11 09000000"),
        Golden(WireMessage(.counters(run: 9)), "0807060504030201 14 0900000000000000"),
        Golden(WireMessage(.retire(slot: 9)), "0807060504030201 12 09000000"),
        Golden(WireMessage(.reclaim(slot: 9)), "0807060504030201 13 09000000"),
        Golden(WireMessage(.freeze(run: 9, isFrozen: true)), "0807060504030201 0a 0900000000000000 01"),
        Golden(
            WireMessage(.share(tenant: "t", TenantShare(weight: 200, processes: 64))),
            "0807060504030201 0b 01000000 74 c8000000 ffffffffffffffff ffffffff 40000000"),
        Golden(WireMessage(.ping), "0807060504030201 0c"),
        Golden(
            WireMessage(.meter(run: 9, withStall: true, withMemory: false)),
            "0807060504030201 0d 0900000000000000 01 00"),
        Golden(
            WireMessage(
                .fork(
                    zygote: 4080,
                    LaunchRequest(
                        slot: 1, tenant: "", storage: .memory(bytes: 1, files: 2), hostname: "", scratchBytes: 3,
                        workingDirectory: "/", owner: 0, isZygote: true), run: 9, limits,
                    GuestProgram(
                        process: 1, descriptors: 0, uid: 0, gid: 0, arguments: [], environment: [], directory: "/",
                        limits: [], filters: [], channels: 2))),
            """
            0807060504030201 08 f00f0000 01000000 00000000 00 0100000000000000 0200000000000000 02 00 01
            00000000 0300000000000000
            01000000 2f 00000000 00 01 0900000000000000 0000002000000000 a0860100 80000000 01000000 00 00 00 00 00000000
            00000000 00000000 00000000 01000000 2f 00000000 00 02 00 00 00000000
            """),
    ]

    static let spawnerReplies = [
        Golden(WireMessage(SpawnerReply.done), "0807060504030201 01"),
        Golden(WireMessage(.launched(process: 513)), "0807060504030201 06 01020000"),
        Golden(WireMessage(.prepared(cgroupProcs: 4, hasAlarm: true)), "0807060504030201 02 04 01"),
        Golden(WireMessage(.prepared(cgroupProcs: 1, hasAlarm: false)), "0807060504030201 02 01 00"),
        Golden(
            WireMessage(
                .used(
                    RunUsage(
                        cpuMicroseconds: 1, memoryPeakBytes: 2, fileBytes: 6, memoryKills: 3, processRefusals: 4,
                        freeBytes: 5, freeFiles: nil))),
            """
            0807060504030201 03 0100000000000000 0200000000000000 0600000000000000 0300000000000000
            0400000000000000 0500000000000000 ffffffffffffffff
            """),
        Golden(
            WireMessage(.metered(RunMeter(cpuMicroseconds: 258, stallMicroseconds: 3))),
            "0807060504030201 05 0201000000000000 0300000000000000 ffffffffffffffff"),
        Golden(
            WireMessage(.metered(RunMeter(cpuMicroseconds: 258, memoryPeakBytes: 4))),
            "0807060504030201 05 0201000000000000 ffffffffffffffff 0400000000000000"),
        Golden(
            WireMessage(
                .gauged(
                    SandboxGauge(
                        cpuMicroseconds: 1, throttledMicroseconds: 2, memoryBytes: 3, memoryPeakBytes: 4, processes: 5,
                        diskUsedBytes: 6, diskUsedFiles: 7))),
            """
            0807060504030201 07 0100000000000000 0200000000000000 0300000000000000 0400000000000000 0500000000000000
            0600000000000000 0700000000000000
            """),
        Golden(
            WireMessage(.failed(operation: "mount", errno: 16)), "0807060504030201 04 05000000 6d6f756e74 10000000"),
    ]

    static let guestRequests = [
        Golden(
            WireMessage(GuestRequest.hello(Hello(features: [.attachedStreams]))), "06000000 01 00000000 0200 02000000"),
        Golden(
            WireMessage(.stage(process: 1, path: "/a", mode: 0o644, part: [0xff])),
            "0f000000 10 01000000 02000000 2f61 a4010000 01000000 ff"),
        Golden(
            WireMessage(
                .start(
                    GuestProgram(
                        process: 7, descriptors: 5, uid: 1000, gid: 1001, arguments: ["sh", "é"], environment: ["A=b"],
                        directory: "/w", limits: [.init(resource: 7, soft: 4096, hard: 8192)], filters: [[1, 2], []],
                        copies: [.init(path: "/x", mode: 0o755, offset: 64, size: 3)]))),
            """
            71000000 11 07000000 00 00 00 05 e8030000 e9030000 02000000 02000000 7368 02000000 c3a9 01000000 03000000 413d62
            02000000 2f77 01000000 07000000 0010000000000000 0020000000000000 02 02000000 0102 00000000 00
            01 02000000 2f78 ed010000 4000000000000000 0300000000000000 00 00000000
            """),
        Golden(
            WireMessage(.start(framed(.framed(input: 1, output: 2, error: 3, window: 65_536)))),
            """
            35000000 11 01000000 00 01 01000000 02000000 03000000 00000100 03 03 00000000 00000000 00000000 00000000 01000000 2f
            00000000 00 00 00 00 00000000
            """),
        Golden(
            WireMessage(.start(framed(.terminal(stream: 9, window: 4096, TerminalSize(rows: 24, columns: 80))))),
            """
            31000000 11 01000000 00 02 09000000 00100000 1800 5000 03 03 00000000 00000000 00000000 00000000 01000000 2f
            00000000 00 00 00 00 00000000
            """),
        Golden(
            WireMessage(
                .start(
                    GuestProgram(
                        process: 1, descriptors: 3, uid: 0, gid: 0, arguments: [], environment: [], directory: "/",
                        limits: [], filters: [], processors: ProcessorSet([1, 3]),
                        folder: RunFolder(root: "/t", workingDirectory: "/w/a", options: [.isNew, .waits])))),
            """
            38000000 11 01000000 00 00 00 03 00000000 00000000 00000000 00000000 01000000 2f 00000000 00 00 00
            01 0a00000000000000 02000000 2f74 04000000 2f772f61 21
            """),
        Golden(WireMessage(.signal(process: 7, signal: 15, group: true)), "05000000 12 07000000 0f000000 01"),
        Golden(
            WireMessage(.resize(process: 7, TerminalSize(rows: 24, columns: 258))), "04000000 13 07000000 1800 0201"),
        Golden(WireMessage(GuestRequest.stream(9, .data([1, 2]))), "02000000 02 09000000 0102"),
        Golden(WireMessage(GuestRequest.stream(9, .credit(65_536))), "04000000 03 09000000 00000100"),
        Golden(WireMessage(GuestRequest.stream(9, .end)), "00000000 04 09000000"),
        Golden(WireMessage(GuestRequest.stream(9, .reset(errno: 32))), "04000000 05 09000000 20000000"),
        Golden(WireMessage(.setClock(nanoseconds: 513)), "08000000 14 00000000 0102000000000000"),
        Golden(WireMessage(.addEntropy([7])), "05000000 15 00000000 01000000 07"),
        Golden(WireMessage(.shutDown), "00000000 16 00000000"),
    ]

    private static func framed(_ streams: ProcessStreams) -> GuestProgram {
        var program = GuestProgram(
            process: 1, descriptors: 3, uid: 0, gid: 0, arguments: [], environment: [], directory: "/", limits: [],
            filters: [])
        program.streams = streams
        program.reports = [.start, .usage]
        return program
    }

    static let guestEvents = [
        Golden(
            WireMessage(GuestEvent.hello(Hello(features: [.processes, .attachedStreams, .framedStreams, .terminals]))),
            "06000000 01 00000000 0200 0f000000"),
        Golden(
            WireMessage(GuestEvent.hello(Hello(version: 513, features: [.machine]))),
            "06000000 01 00000000 0102 10000000"),
        Golden(WireMessage(.started(process: 7, pid: 12)), "04000000 20 07000000 0c000000"),
        Golden(
            WireMessage(GuestEvent.refused(process: 7, stage: .execute, position: 2, errno: 13, detail: "x")),
            "0e000000 21 07000000 03 02000000 0d000000 01000000 78"),
        Golden(WireMessage(.exited(process: 7, code: 255)), "04000000 22 07000000 ff000000"),
        Golden(WireMessage(.signalled(process: 7, signal: 9)), "04000000 23 07000000 09000000"),
        Golden(
            WireMessage(.used(process: 7, cpuMicroseconds: 258, memoryPeakBytes: 4096)),
            "10000000 24 07000000 0201000000000000 0010000000000000"),
        Golden(WireMessage(GuestEvent.failed(errno: 1, detail: "x")), "09000000 25 00000000 01000000 01000000 78"),
        Golden(WireMessage(GuestEvent.stream(9, .data([1, 2]))), "02000000 02 09000000 0102"),
        Golden(WireMessage(GuestEvent.stream(9, .end)), "00000000 04 09000000"),
    ]

    static let interpreterAnswers = [
        Golden(WireMessage(InterpreterAnswer.waiting), "00000000 26 00000000"),
        Golden(
            WireMessage(InterpreterAnswer.refused(step: 258, errno: 28)),
            "08000000 27 00000000 02010000 1c000000"),
    ]

    @Test func theJobOfAnInterpreterHasExactlyTheseBytes() {
        let job = InterpreterJob(arguments: ["a"], environment: ["B=c"], steps: [1, 2])
        let expected = "1a000000 17 00000000 01000000 01000000 61 01000000 03000000 423d63 02000000 0102"
        #expect(job.frame.encoded == bytes(expected))
    }
}
