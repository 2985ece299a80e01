// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostDrivers

/// The compile step of one run whose outcome can be kept: it runs in a sandbox that nothing ran in before, so it sees
/// nothing but the image and what its key is made of.
struct ReusableCompilation: Sendable {
    let cache: CompilationCache
    let key: CompilationKey
    /// Where the compiler leaves the program.
    let output: String

    /// The largest program that is kept, in bytes.
    static let largestProgram = 32 << 20

    /// The program, when it was compiled before.
    func program() async -> KeptProgram? { await cache.program(key) }

    /// The run of a program that was compiled before: it finds every file that it would find after its compilation.
    func run(_ kept: KeptProgram, _ plan: ProgramSpec, after compile: ProgramSpec) -> ProgramSpec {
        var run = plan
        run.files = compile.files.filter { $0.path != output }
        run.hostFiles = [kept.placed(at: output)]
        // What the compiler writes counts as the compiler's memory, and is not to take the program's.
        run.limits.memoryMiB += (kept.facts.size >> 20) + 1
        return run
    }

    /// What the program used, without what the platform wrote for it.
    func result(_ result: ProgramResult, of kept: KeptProgram) -> ProgramResult {
        var result = result
        result.memoryPeakBytes = max(0, result.memoryPeakBytes - kept.facts.size)
        return result
    }

    /// Reads what the compiler made, before the program can change it; nil when it is too large or cannot be read.
    func fetch(_ compiled: ProgramResult, in handle: any SandboxHandle, like compile: ProgramSpec) async
        -> CompiledProgram?
    {
        var reader = compile
        reader.arguments = ["/bin/cat", output]
        reader.environment = []
        reader.files = []
        reader.limits.maxOutputBytes = Self.largestProgram
        do throws(OutpostError) {
            let result = try await handle.run(reader)
            guard result.cause == nil, result.end == .exited(0), !result.stdout.isTruncated else { return nil }
            return CompiledProgram(program: result.stdout.bytes, stdout: compiled.stdout, stderr: compiled.stderr)
        } catch {
            cache.logger.warning("a compiled program cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }

    func keep(_ compiled: CompiledProgram) async { await cache.keep(compiled, key) }
}
