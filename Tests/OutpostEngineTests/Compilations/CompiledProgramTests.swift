// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// What is kept is read back whole or not at all.
struct CompiledProgramTests {
    private let compiled = CompiledProgram(
        program: [0x7f, 0x45, 0], stdout: CapturedOutput(bytes: [1], total: 1),
        stderr: CapturedOutput(bytes: [2, 3], total: 9))

    @Test func itIsReadAsItWasKept() {
        #expect(CompiledProgram(encoded: compiled.encoded) == compiled)
        let empty = CompiledProgram(program: [], stdout: CapturedOutput(), stderr: CapturedOutput())
        #expect(CompiledProgram(encoded: empty.encoded) == empty)
    }

    @Test func noBitMayDiffer() {
        let bytes = compiled.encoded
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] ^= 1
            #expect(CompiledProgram(encoded: damaged) == nil, "byte \(position)")
        }
        for count in bytes.indices { #expect(CompiledProgram(encoded: Array(bytes.prefix(count))) == nil) }
        #expect(CompiledProgram(encoded: bytes + [0]) == nil)
    }

    @Test func aCompilationThatWasNotNeededTookNoTime() {
        let result = CachedProgram(file: NoFile(), metadata: compiled.metadata).result
        #expect(result.cached)
        #expect(result.durationMilliseconds == 0)
        #expect(result.exitCode == 0)
        #expect(result.stderr.isTruncated)
    }

    @Test func theProgramIsWhereItIsSaidToBe() {
        let metadata = compiled.metadata
        #expect(Array(compiled.encoded[metadata.offset..<metadata.offset + metadata.size]) == compiled.program)
    }

    private final class NoFile: OpenFile {
        let number: Int32 = -1
    }
}
