// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// The compile step of one run whose outcome can be kept: it runs in a sandbox that nothing ran in before, so it sees
/// nothing but the image and what its key is made of.
struct CacheableCompilation: Sendable {
    let cache: CompilationCache
    let key: CompilationKey
    /// Where the compiler leaves the program.
    let output: String

    /// The program, when it was compiled before.
    func program() async -> CachedProgram? { await cache.program(key) }

    /// The run of a program that was compiled before: it finds every file that it would find after its compilation.
    func run(_ cached: CachedProgram, _ plan: ProgramSpec, after compile: ProgramSpec) -> ProgramSpec {
        var run = plan.following(compile, output: output, size: cached.metadata.size)
        run.fileRegions = [cached.region(at: output)]
        return run
    }

    /// Reads what the compiler made, before the program can change it; nil when it is too large or cannot be read.
    func fetch(_ compiled: ProgramResult, in handle: any RunningSandbox, like compile: ProgramSpec) async
        -> CompiledProgram?
    {
        await CompiledProgram.fetch(compiled, from: output, in: handle, logger: cache.logger).program
    }

    func insert(_ compiled: CompiledProgram) async { await cache.insert(compiled, key) }

    /// The program where it is kept, for the run that had it compiled.
    func cached() async -> CachedProgram? { await cache.find(key) }
}
