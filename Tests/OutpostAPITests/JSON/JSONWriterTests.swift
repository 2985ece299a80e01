// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import Testing

struct JSONWriterTests {
    @Test(
        arguments: [
            (.null, "null"), (true, "true"), (-12, "-12"), (0.1, "0.1"), (1.0, "1.0"), (1e300, "1e+300"),
            (.number(.nan), "null"), (.number(.infinity), "null"),
            ("a\"\\/\n\r\t\u{8}\u{c}\u{1}\u{1f}é😀", #""a\"\\/\n\r\t\b\f\u0001\u001fé😀""#),
            (["z": 1, "a": [[:], []]], #"{"z":1,"a":[{},[]]}"#), (["a\n": .null], #"{"a\n":null}"#),
        ] as [(JSONValue, String)])
    func aValueIsWrittenCompactlyInItsOrder(value: JSONValue, text: String) {
        #expect(String(decoding: value.bytes, as: UTF8.self) == text)
    }

    @Test(
        arguments: [
            ["k": [1, -2.5, 1e-7, 123456789.125, "\0\u{7f}\u{2028}"]], .integer(.min),
            .number(.greatestFiniteMagnitude),
            .number(.leastNonzeroMagnitude), .number(0.1 + 0.2),
        ] as [JSONValue])
    func whatIsWrittenReadsBackTheSame(value: JSONValue) throws {
        #expect(try JSONValue(parsing: value.bytes) == value)
    }
}
