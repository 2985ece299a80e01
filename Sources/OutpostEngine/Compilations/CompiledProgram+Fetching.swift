// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostDrivers

extension CompiledProgram {
    /// The largest program that is kept, in bytes.
    static let largestProgram = 32 << 20

    /// Reads what a compiler made; nil when it is too large or cannot be read.
    ///
    /// - Parameters:
    ///   - compiled: how the compiler ended.
    ///   - output: where it left the program.
    ///   - compile: what was run; the program is read within the same limits and filters.
    static func fetch(
        _ compiled: ProgramResult, from output: String, in handle: any SandboxHandle, like compile: ProgramSpec,
        logger: Logger
    ) async -> CompiledProgram? {
        var reader = compile
        reader.arguments = ["/bin/cat", output]
        reader.environment = []
        reader.files = []
        reader.limits.maxOutputBytes = largestProgram
        do throws(OutpostError) {
            let result = try await handle.run(reader)
            guard result.cause == nil, result.end == .exited(0), !result.stdout.isTruncated else { return nil }
            return CompiledProgram(program: result.stdout.bytes, stdout: compiled.stdout, stderr: compiled.stderr)
        } catch {
            logger.warning("a compiled program cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

extension ProgramSpec {
    /// The same in a sandbox that its compiler did not run in: with the files that were there for the compiler, and memory
    /// for a program of `size` bytes that is put where the compiler leaves it. What the compiler writes counts as the
    /// compiler's memory, and is not to take the program's.
    func following(_ compile: ProgramSpec, output: String, size: Int) -> ProgramSpec {
        var run = self
        run.files = compile.files.filter { $0.path != output }
        run.limits.memoryMiB += (size >> 20) + 1
        return run
    }
}
