// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// The compile step of one run whose result can be cached. It runs in a clean sandbox. The sandbox contains only the
/// image and the inputs of the key, and the key identifies all of them.
struct CacheableCompilation: Sendable {
    let cache: CompilationCache
    let key: CompilationKey
    /// Absolute path of the compiled program in the sandbox.
    let output: String

    /// Returns the cached program, or nil. Counts a hit or a miss.
    func program() async -> CachedProgram? { await cache.program(key) }

    /// Returns the run of a cached program. The run has the same files as a run after its own compile step.
    func run(_ cached: CachedProgram, _ plan: ProgramSpec, after compile: ProgramSpec) -> ProgramSpec {
        var run = plan.following(compile, output: output, size: cached.metadata.size)
        run.fileRegions = [cached.region(at: output)]
        return run
    }

    /// Reads the compiled program out of the sandbox, before the program can change its file. Returns nil when the
    /// program is too large or cannot be read.
    func fetch(_ compiled: ProgramResult, in handle: any RunningSandbox, like compile: ProgramSpec) async
        -> CompiledProgram?
    {
        await CompiledProgram.fetch(compiled, from: output, in: handle, logger: cache.logger).program
    }

    /// Stores a compiled program in the cache. A failure is only logged.
    func insert(_ compiled: CompiledProgram) async { await cache.insert(compiled, key) }

    /// Returns the program that this run has just stored, or nil. Counts neither a hit nor a miss.
    func cached() async -> CachedProgram? { await cache.find(key) }
}
