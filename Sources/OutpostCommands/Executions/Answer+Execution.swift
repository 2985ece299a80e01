// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostClient
import OutpostCore

extension Answer<Execution> {
    /// Writes the program's output, or the whole execution as JSON.
    ///
    /// - Throws: the exit code, unless it is 0; `unavailable` when the output could not be written.
    func deliver(json isJSON: Bool, memoryLimit: Int?) throws {
        try ExecutionReport(body, memoryLimit: memoryLimit).deliver(inPlaceOfOutput: isJSON ? json : nil)
    }
}
