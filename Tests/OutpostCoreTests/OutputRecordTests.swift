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

    @Test func whoReadsAlongSeesTheStartAndThenTheEnd() {
        let live = LiveOutput()
        let empty = OutputRecord(limit: 8, keep: .both)
        live.append(Array("abcdefghijkl".utf8)[...], to: .stdout, in: empty)
        #expect(live.part(of: .stdout, from: 0) == Array("abcdef".utf8))
        live.append(Array("mn".utf8)[...], to: .stdout, in: empty)
        #expect(live.part(of: .stdout, from: 6) == [])
        #expect(live.part(of: .stdout, from: 1, atMost: 3) == Array("bcd".utf8))
        live.end()
        #expect(live.part(of: .stdout, from: 4) == Array("ef".utf8))
        #expect(live.part(of: .stdout, from: 7, atMost: 3) == Array("n".utf8))
        #expect(live.part(of: .stdout, from: 8) == [] && live.bytes == 8)
        #expect(live.part(of: .stdout, from: 6) == Array("mn".utf8))
        #expect(live.output(.stdout) == CapturedOutput(bytes: Array("abcdefmn".utf8), total: 14, headCount: 6))
    }
}
