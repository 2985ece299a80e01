// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@Suite struct OutputOrderTests {
    /// Writes letters, small ones to one stream and large ones to the other.
    private func order(_ letters: String) -> (OutputOrder, [LiveOutput.Stream: OutputRecord]) {
        var order = OutputOrder()
        var records: [LiveOutput.Stream: OutputRecord] = [
            .stdout: OutputRecord(limit: 8, keep: .both), .stderr: OutputRecord(limit: 8, keep: .both),
        ]
        for letter in letters.utf8 {
            let stream: LiveOutput.Stream = letter >= UInt8(ascii: "a") ? .stdout : .stderr
            order.append(1, to: stream)
            records[stream]?.append([letter])
        }
        return (order, records)
    }

    @Test(arguments: [
        ("", []), ("a", ["a"]), ("aAb", ["a", "A", "b"]), ("aaAAbB", ["aa", "AA", "b", "B"]),
        // Six from the start and two from the end.
        ("abcdefghij", ["abcdefij"]), ("abcdefgAhij", ["abcdef", "A", "ij"]),
        ("aAbBcCdDeEfFgGhHiIjJ", ["a", "A", "b", "B", "c", "C", "d", "D", "e", "E", "f", "F", "i", "I", "j", "J"]),
        ("abcdeAfghBij", ["abcde", "A", "f", "B", "ij"]),
    ]) func piecesAreWhatIsKept(letters: String, expected: [String]) {
        let (order, records) = order(letters)
        let pieces = order.pieces(records.mapValues(\.output))
        #expect(pieces.map { String(decoding: $0.bytes, as: UTF8.self) } == expected)
        for (stream, record) in records {
            #expect(pieces.filter { $0.stream == stream }.flatMap(\.bytes) == record.output.bytes)
        }
    }

    @Test func turnsAreBounded() {
        var order = OutputOrder()
        for number in 0..<OutputOrder.mostTurns * 2 {
            order.append(2, to: number.isMultiple(of: 2) ? .stdout : .stderr)
        }
        #expect(order.turns.count == OutputOrder.mostTurns + 2)
        #expect(order.turns.map(\.count).reduce(0, +) == OutputOrder.mostTurns * 4)
        order.append(0, to: .stdout)
        #expect(order.turns.map(\.count).reduce(0, +) == OutputOrder.mostTurns * 4)
    }
}
