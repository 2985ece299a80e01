// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostWire
import Testing

extension GoldenBytesTests {
    private static let record = FileInformation(
        kind: .file, mode: 0o644, uid: 1000, gid: 1001, size: 0x1_0000_0002, modified: 0x0102_0304_0506_0708,
        changed: 0x1112_1314_1516_1718, number: 0x2122_2324_2526_2728)
    private static let recordBytes =
        "01 a4010000 e8030000 e9030000 0200000001000000 0807060504030201 1817161514131211 2827262524232221"

    private static func begin(_ operation: WorkerOperation, _ hexadecimal: String) -> Golden {
        Golden(WireMessage(WorkerRequest.begin(7, operation)), hexadecimal)
    }

    private static let operations = [
        begin(
            .read(path: "/a", offset: 0x10, length: 0x20, window: 0x40000),
            "1b000000 30 07000000 02000000 2f61 1000000000000000 2000000000000000 00000400 00"),
        begin(
            .read(path: "/a", offset: 0, length: 1, window: 9, hasPipe: true),
            "1b000000 30 07000000 02000000 2f61 0000000000000000 0100000000000000 09000000 01"),
        begin(
            .write(path: "/a", mode: 0o755, modified: -2, [.parents, .isNew]),
            "13000000 31 07000000 02000000 2f61 ed010000 feffffffffffffff 03"),
        begin(.status(path: "/a", followsLink: true), "07000000 32 07000000 02000000 2f61 01"),
        begin(.list(path: "/a", depth: 2, window: 9), "0c000000 33 07000000 02000000 2f61 0200 09000000"),
        begin(
            .makeFolder(path: "/a", mode: 0o700, makesParents: false),
            "0b000000 34 07000000 02000000 2f61 00 c0010000"),
        begin(.move(from: "/a", to: "/b"), "0c000000 35 07000000 02000000 2f61 02000000 2f62"),
        begin(.remove(path: "/a", isRecursive: true), "07000000 36 07000000 02000000 2f61 01"),
        begin(.watch(path: "/a", isRecursive: true, window: 9), "0b000000 37 07000000 02000000 2f61 01 09000000"),
        begin(.connect(port: 8080, window: 9), "06000000 38 07000000 901f 09000000"),
        begin(
            .makeLink(path: "/a", target: "b", isHard: true), "0c000000 39 07000000 02000000 2f61 01000000 62 01"),
    ]

    private static let replies = [
        Golden(WireMessage(WorkerReply.begun(7, nil)), "01000000 40 07000000 00"),
        Golden(WireMessage(WorkerReply.begun(7, record)), "2e000000 40 07000000 01" + recordBytes),
        Golden(WireMessage(WorkerReply.done(7, record)), "2e000000 41 07000000 01" + recordBytes),
        Golden(
            WireMessage(WorkerReply.failed(7, errno: 2, detail: "/a")), "0a000000 42 07000000 02000000 02000000 2f61"),
        Golden(WireMessage(WorkerReply.stream(7, .data([1, 2]))), "02000000 02 07000000 0102"),
        Golden(WireMessage(WorkerReply.hello(Hello(features: .workers))), "06000000 01 00000000 0200 20000000"),
    ]

    static let workers =
        operations + replies + [
            Golden(WireMessage(WorkerRequest.stream(7, .credit(9))), "04000000 03 07000000 09000000")
        ]

    @Test func itemsOfAStreamHaveExactlyTheseBytes() {
        let entry = FolderEntry(path: [0x61], record: Self.record, target: [0x62, 0x63])
        #expect(
            entry.encoded
                == bytes("38000000 01000000 61" + Self.recordBytes + "02000000 6263"))
        let change = FolderChange(.moved, path: [0x61], previous: [0x62])
        #expect(change.encoded == bytes("0b000000 04 01000000 61 01000000 62"))
    }
}
