// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import Foundation
import Testing

@testable import OutpostDriverNamespaces

#if arch(x86_64)
    /// The verdict about every call by number, compared with the committed table: a change of the profile or of the
    /// compiler shows as a change of that file.
    struct SeccompTableTests {
        /// One line of the table.
        struct Row {
            let number: UInt32
            let name: String
            let verdict: String
        }

        private func table() throws -> [Row] {
            let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Golden/seccomp.txt")
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
                if line.hasPrefix("#") { return nil }
                let words = line.split(separator: " ").map(String.init)
                try #require(words.count == 3, "\(line)")
                return Row(number: try #require(UInt32(words[0])), name: words[1], verdict: words[2])
            }
        }

        @Test func theTableIsComplete() throws {
            #expect(try table().map(\.number) == Array(0...600))
        }

        @Test func everyCallHasTheVerdictOfTheTable() throws {
            let fixture = try SeccompFixture()
            for row in try table() {
                // What this libseccomp has no number for is left to the default, which is the answer of an old kernel.
                let isKnown = seccomp_syscall_resolve_name(row.name) == Int32(row.number)
                let verdict = try fixture.verdict(row.number)
                #expect(verdict == (isKnown ? row.verdict : "ENOSYS"), "\(row.number) \(row.name) \(verdict)")
            }
        }

        @Test func everyNameOfTheProfileIsACallOfTheTable() throws {
            let names = Set(try table().map(\.name))
            let profile = SeccompProfile.standard
            let mentioned =
                profile.allowed.flatMap(\.names) + profile.refused.flatMap(\.names)
                + (profile.allowedArguments + profile.deniedArguments).map(\.name)
            #expect(mentioned.filter { !names.contains($0) } == [])
        }

        /// Each run installs both programs, and the kernel translates them then: their length is time of every start.
        @Test func theProgramsAreShort() throws {
            for (program, most) in zip(try SeccompFilter.compile(.standard), [500, 1500]) {
                #expect(program.count / 8 < most, "\(program.count / 8) instructions")
            }
        }

        @Test func noCallIsNamedTwice() {
            let profile = SeccompProfile.standard
            let names = profile.allowed.flatMap(\.names) + profile.refused.flatMap(\.names)
            let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
            #expect(counts.filter { $0.value > 1 }.isEmpty)
        }
    }
#endif
