// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import Testing

struct TimestampParsingTests {
    @Test(
        arguments: [
            0, 1, -1, 951_782_399_999, 951_782_400_000, 1_709_164_800_000, 4_102_444_799_999, -2_208_988_800_000,
            -62_135_596_800_000,
        ] as [Int64])
    func whatIsWrittenReadsBackTheSame(milliseconds: Int64) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(Timestamp(rfc3339: moment.rfc3339) == moment)
    }

    @Test func theFractionMayHaveAnyLength() {
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:01Z")?.milliseconds == 1000)
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:01.5Z")?.milliseconds == 1500)
        #expect(Timestamp(rfc3339: "1970-01-01T00:00:01.123456789Z")?.milliseconds == 1123)
    }

    @Test(arguments: [
        "", "Z", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-01-01T00:00:00+00:00",
        "1970-13-01T00:00:00Z", "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "1970-00-10T00:00:00Z",
        "1970-01-00T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.xZ", "-970-01-01T00:00:00Z", "1970-01-01T00:00:00.0123456789Z",
    ])
    func otherFormsAreRefused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
