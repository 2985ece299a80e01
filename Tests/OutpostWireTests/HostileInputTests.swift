// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostWire
import Testing

/// Bytes that nobody honest would send are refused; none of them ends the process or makes it reserve memory.
struct HostileInputTests {
    private static let messages =
        (GoldenBytesTests.spawnerRequests + GoldenBytesTests.spawnerReplies + GoldenBytesTests.guestRequests
        + GoldenBytesTests.guestEvents + GoldenBytesTests.interpreterAnswers).map(\.message)

    @Test(arguments: messages)
    func aMessageCutShortAnywhereIsRefused(message: WireMessage) {
        for count in 0..<message.encoded.count {
            #expect(throws: WireError.self, "the first \(count) bytes") {
                try message.recode(Array(message.encoded.prefix(count)))
            }
        }
    }

    @Test(arguments: messages)
    func aByteTooManyIsRefused(message: WireMessage) {
        #expect(throws: WireError("1 bytes left over")) { try message.recode(message.encoded + [0]) }
    }

    @Test(arguments: messages)
    func aMessageWithDamagedBytesIsRefusedOrIsAnotherMessage(message: WireMessage) throws {
        for width in [1, 2, 4, 8] {
            for position in 0...max(0, message.encoded.count - width) {
                for byte: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                    var damaged = message.encoded
                    for offset in position..<min(position + width, damaged.count) { damaged[offset] = byte }
                    try expectRefusedOrDecoded(damaged, as: message)
                }
            }
        }
    }

    @Test(arguments: UInt64(1)...50)
    func randomBytesAreRefusedOrAreAMessage(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let noise = generator.bytes(upTo: 60)
            for message in Self.messages { try expectRefusedOrDecoded(noise, as: message) }
        }
    }

    private func expectRefusedOrDecoded(_ bytes: [UInt8], as message: WireMessage) throws {
        do {
            let recoded = try message.recode(bytes)
            #expect(try message.recode(recoded) == recoded)
        } catch let error as WireError {
            #expect(!error.description.isEmpty)
        }
    }

    @Test(arguments: [0, 3, 4, 99, 255] as [UInt8])
    func unknownTypesAreRefused(type: UInt8) {
        for size in 0...64 {
            let frame = Frame(
                type: type == 3 || type == 4 ? type + 10 : type, subject: 0, payload: .init(repeating: 0, count: size))
            #expect(throws: WireError.self) { try GuestRequest(frame) }
            #expect(throws: WireError.self) { try GuestEvent(frame) }
            #expect(throws: WireError.self) { try InterpreterAnswer(frame) }
        }
        let call = [UInt8](repeating: 0, count: 8) + [type == 3 || type == 4 ? type + 10 : type]
        #expect(throws: WireError.self) { try SpawnerRequest.decode(call) }
        #expect(throws: WireError.self) { try SpawnerReply.decode(call) }
    }

    @Test(arguments: [-1, 256, Int32.min, Int32.max])
    func anExitCodeThatNoProcessCanHaveIsRefused(code: Int32) {
        #expect(throws: WireError.self) { try GuestEvent(GuestEvent.exited(process: 1, code: code).frame) }
    }

    @Test(arguments: [0, -9, 65, Int32.min, Int32.max])
    func aSignalThatDoesNotExistIsRefused(signal: Int32) {
        #expect(throws: WireError.self) { try GuestEvent(GuestEvent.signalled(process: 1, signal: signal).frame) }
    }

    @Test(arguments: [0, 5, 255] as [UInt8])
    func aStageThatDoesNotExistIsRefused(stage: UInt8) {
        let frame = GuestEvent.refused(process: 1, stage: .file, position: 0, errno: 2, detail: "").frame
        let damaged = Frame(type: frame.type, subject: 1, payload: [stage] + frame.payload.dropFirst())
        #expect(throws: WireError("stage")) { try GuestEvent(damaged) }
    }

    /// No message has two spellings, and none says nothing.
    @Test(arguments: [
        Frame(type: 2, subject: 1), Frame(type: 3, subject: 1, payload: [0, 0, 0, 0]),
        Frame(type: 4, subject: 1, payload: [0]),
        Frame(type: 1, subject: 1, payload: [2, 0, 0, 0, 0, 0]),
    ])
    func aFrameThatSaysNothingOrSaysItOtherwiseIsRefused(frame: Frame) {
        #expect(throws: WireError.self) { try GuestRequest(frame) }
        #expect(throws: WireError.self) { try GuestEvent(frame) }
    }

    @Test(arguments: [20, 21, 22] as [UInt8])
    func aRequestToTheMachineIsAboutNoProcess(type: UInt8) {
        #expect(throws: WireError("frame of type \(type) about 1")) { try GuestRequest(Frame(type: type, subject: 1)) }
    }

    @Test func aKindOfStreamsThatDoesNotExistIsRefused() {
        let start = Frame(type: 17, subject: 1, payload: [0, 3])
        #expect(throws: WireError("streams of kind 3")) { try GuestRequest(start) }
    }

    @Test func aTaskThatDoesNotExistIsRefused() {
        #expect(throws: WireError("task of a process")) { try GuestRequest(Frame(type: 17, subject: 1, payload: [2])) }
    }

    private static let noReplies: [(UInt8, [UInt8])] = [
        (64, [1, 9] + [UInt8](repeating: 0, count: 28)), (65, [2]), (66, [0, 0, 0, 0, 9, 0, 0, 0, 65]), (65, [0, 0]),
        (48, []), (67, []), (2, []),
    ]

    /// Of a kind of file that is none, neither true nor false, longer than the frame, and with something behind the end.
    @Test(arguments: noReplies)
    func aReplyThatIsNoneIsRefused(type: UInt8, payload: [UInt8]) {
        #expect(throws: WireError.self) { try WorkerReply(Frame(type: type, subject: 1, payload: payload)) }
    }

    @Test func aKindOfStorageThatDoesNotExistIsRefused() {
        let call = bytes("0100000000000000 02 01000000 00000000 02")
        #expect(throws: WireError("storage of kind 2")) { try SpawnerRequest.decode(call) }
    }

    /// A launch with these bytes where its layers are.
    private func launch(layers: String) -> [UInt8] {
        bytes("0100000000000000 02 01000000 00000000 00 0100000000000000 0100000000000000 \(layers)")
            + bytes("00000000 0000000000000000 01000000 2f 00000000 00 00")
    }

    @Test(arguments: [
        ("00", "no layer for /"), ("01 01", "no layer for /"), ("02 00 00", "a layer that is there twice"),
        ("01 03", "layer of kind 3"), ("02 00 02 00000000 00", "the name of a sealed disk"),
        ("02 00 02 10000000 2e2e2f646973 6b2e65787434 2e2e2e2e 00", "the name of a sealed disk"),
        ("02 00 02 10000000 736c645f3031323334353637383941 42 00", "the name of a sealed disk"),
        ("02 00 02 10000000 736c645f303132333435363738396162 02", "place 2 for a layer"),
    ])
    func layersThatNoSandboxCanHaveAreRefused(layers: String, reason: String) {
        #expect(throws: WireError(reason)) { try SpawnerRequest.decode(launch(layers: layers)) }
    }

    @Test func asManySealedDisksAsFitAreTakenAndOneMoreIsRefused() throws {
        let disks = (0...RootLayers.mostSealedDisks).map { SealedDiskID(number: UInt64($0)) }
        let most = try RootLayers(hostImageBelow: disks.dropLast())
        #expect(most.sealedDisks.count == RootLayers.mostSealedDisks)
        #expect(most.list.prefix(3) == [.hostRoot, .hostUsr, .sealedDisk(disks[0], .root)])
        #expect(throws: WireError("17 sealed disks as layers")) { try RootLayers(hostImageBelow: disks) }
    }

    @Test func everyCountOfLayersIsReadAndNoneEndsTheReader() {
        for count in UInt8.min...UInt8.max {
            let name = String(repeating: "02 10000000 736c645f303132333435363738396162 01", count: Int(count))
            let request = launch(layers: hexadecimal(UInt64(count), digits: 2) + name)
            #expect(throws: WireError.self) { try SpawnerRequest.decode(request) }
        }
    }

    @Test(arguments: [2, 255] as [UInt8])
    func aTruthThatIsNeitherIsRefused(byte: UInt8) {
        let reply = bytes("0100000000000000 02 01") + [byte]
        #expect(throws: WireError("\(byte) is neither true nor false")) { try SpawnerReply.decode(reply) }
        let request = SpawnerRequest.launch(
            LaunchRequest(
                slot: 1, tenant: "", storage: .memory(bytes: 1, files: 1), hostname: "h", scratchBytes: 1,
                workingDirectory: "/", owner: 0))
        let launch = Array(request.encoded(id: 1).dropLast()) + [byte]
        #expect(throws: WireError("\(byte) is neither true nor false")) { try SpawnerRequest.decode(launch) }
    }

    @Test(arguments: ["ff", "c3", "c080", "eda080", "f5808080"])
    func textThatIsNotUTF8IsRefused(hexadecimal: String) {
        let text = bytes(hexadecimal)
        let payload = bytes("03 00000000 02000000") + [UInt8(text.count), 0, 0, 0] + text
        #expect(throws: WireError("text is not UTF-8")) {
            try GuestEvent(Frame(type: 33, subject: 1, payload: payload))
        }
    }

    @Test func aCountBeyondTheFrameIsRefusedBeforeAnythingIsReserved() {
        // 2^32 - 1 arguments would be 64 GiB of String values.
        var reader = ByteReader(bytes("ffffffff 00000000")[...])
        #expect(throws: WireError("count 4294967295 exceeds the frame")) { try reader.strings() }
        var length = ByteReader(bytes("ffffffff 00")[...])
        #expect(throws: WireError.self) { try length.byteArray() }
    }

    @Test func aCountThatTheBytesCouldHoldIsStillCheckedElementByElement() {
        var reader = ByteReader(bytes("02000000 00000000 01000000")[...])
        #expect(throws: WireError("frame ends 1 bytes early")) { try reader.strings() }
    }
}
