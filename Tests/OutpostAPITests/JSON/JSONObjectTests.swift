// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import Testing

struct JSONObjectTests {
    @Test(arguments: [3, 200])
    func membersKeepTheirOrderAndAreFoundByName(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["k\(number)"] = .integer(Int64(number)) }
        object["k1"] = "replaced"
        object["k0"] = nil
        object["absent"] = nil
        #expect(object.count == count - 1)
        #expect(object["k0"] == nil)
        #expect(object["k\(count - 1)"] == .integer(Int64(count - 1)))
        #expect(object.members.first?.name == "k1")
        #expect(object.members.first?.value == "replaced")
    }

    /// As text "é" is "é"; as bytes, which count here, they are two names.
    @Test(arguments: [0, 200])
    func namesThatUnicodeCallsEquivalentAreTwo(others: Int) {
        var object = JSONObject()
        for number in 0..<others { object["k\(number)"] = 0 }
        object["\u{E9}"] = 1
        object["e\u{301}"] = 2
        #expect(object.count == others + 2)
        #expect(object["\u{E9}"] == 1)
        #expect(object["e\u{301}"] == 2)
        object["\u{E9}"] = nil
        #expect(object["\u{E9}"] == nil)
        #expect(object["e\u{301}"] == 2)
    }
}
