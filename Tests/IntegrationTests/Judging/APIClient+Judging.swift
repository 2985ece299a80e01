// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore
import OutpostTesting

extension APIClient {
    /// Runs code with tests.
    ///
    /// - Parameter extra: further members of the body.
    func judge(
        _ language: String, _ code: String, _ tests: JSONValue, _ extra: JSONValue = [:]
    ) async throws -> Execution {
        try await execute(language, code, JSONValue.object(.init([(name: "tests", value: tests)])).adding(extra))
    }
}

extension Execution {
    /// Of its tests, in their order.
    var verdicts: [Verdict]? { tests?.map(\.verdict) }
}
