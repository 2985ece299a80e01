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
}
