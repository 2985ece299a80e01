// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostDriverNamespaces

extension DoctorCommand {
    /// The checks as one JSON document.
    static func document(_ checks: [HostCheck]) -> String {
        let list = checks.map { check in
            JSONValue.object(
                JSONObject([
                    (name: "name", value: .string(check.name)),
                    (name: "verdict", value: .string(check.verdict.rawValue)),
                    (name: "found", value: .string(check.found)), (name: "advice", value: .string(check.advice)),
                ]))
        }
        return String(decoding: JSONValue.array(list).bytes, as: UTF8.self)
    }
}
