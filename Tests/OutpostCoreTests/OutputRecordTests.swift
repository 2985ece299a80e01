// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

/// What is kept of a stream does not depend on the parts in which it comes.
struct OutputRecordTests {
    private static let stream = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }

    @Test(arguments: [0, 1, 3, 4, 7, 64, 999, 1000, 1001, 4000], [1, 2, 13, 100, 250, 999, 1000])
    func startAndEndAreKept(limit: Int, part: Int) {
        var record = OutputRecord(limit: limit, keep: .both)
        for start in stride(from: 0, to: Self.stream.count, by: part) {
            record.append(Self.stream[start..<min(start + part, Self.stream.count)])
        }
        let output = record.output
        #expect(output.total == 1000)
        #expect(output.bytes.count == min(limit, 1000))
        guard limit < 1000 else {
            #expect(output == CapturedOutput(bytes: Self.stream, total: 1000))
            return
        }
        let end = limit / 4
        #expect(output.headCount == limit - end)
        #expect(output.bytes == Self.stream.prefix(limit - end) + Self.stream.suffix(end))
    }

    @Test(arguments: [0, 1, 10, 999, 1000, 2000]) func onlyTheStartIsKeptOnRequest(limit: Int) {
        var record = OutputRecord(limit: limit, keep: .head)
        record.append(Self.stream.prefix(500))
        record.append(Self.stream.dropFirst(500))
        #expect(record.output == CapturedOutput(bytes: Array(Self.stream.prefix(limit)), total: 1000))
    }

    @Test func theRestAfterAnOffsetIsThatOfTheWholeStream() {
        let output = CapturedOutput(bytes: Array("abcxyz".utf8), total: 26, headCount: 3)
        let rests = [0, 2, 3, 20, 23, 24, 26].map { String(decoding: output.bytes(from: $0), as: UTF8.self) }
        #expect(rests == ["abcxyz", "cxyz", "xyz", "xyz", "xyz", "yz", ""])
        let whole = CapturedOutput(bytes: Array("abc".utf8), total: 3)
        #expect([0, 1, 3].map { whole.bytes(from: $0).count } == [3, 2, 0])
    }
}
