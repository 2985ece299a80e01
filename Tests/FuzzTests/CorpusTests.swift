// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The inputs that fuzzing has found worth keeping, and what must hold for each. `make fuzz` looks for more.
struct CorpusTests {
    private static func inputs(_ target: FuzzTarget) throws -> [URL] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz/Corpora")
        return try FileManager.default.contentsOfDirectory(
            at: root.appending(path: target.rawValue), includingPropertiesForKeys: nil)
    }

    @Test(arguments: FuzzTarget.allCases)
    func everyPromiseHoldsForEveryInput(target: FuzzTarget) throws {
        var verdicts: Set<Verdict> = []
        for input in try Self.inputs(target) {
            do {
                verdicts.insert(try target.check(Array(Data(contentsOf: input))))
            } catch {
                Issue.record("\(input.lastPathComponent): \(error)")
            }
        }
        #expect(verdicts == [.accepted, .refused], "a corpus must have both, or it shows nothing")
    }
}
