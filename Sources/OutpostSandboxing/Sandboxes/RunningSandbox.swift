// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux

/// A sandbox that is up.
public protocol RunningSandbox: AnyObject, Sendable {
    /// Starts a program.
    ///
    /// - Parameter listener: hears of it from its start on.
    /// - Returns: the process, which must be waited for. One that could not be started ends as `refused`.
    /// - Throws: `internal` when the sandbox itself failed; `unavailable` when the program can be started in a sandbox that
    ///   is brought up anew. The listener may have been told that it begins.
    @Reactor
    func start(
        _ program: ProgramSpec, listener: any ProcessListener
    ) async throws(OutpostError) -> any RunningProcess

    /// Runs a program to its end: `complete`, unless a test has something else in its place.
    func run(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult

    /// Has made ahead what the first program needs of the host, in a sandbox that is up and has run nothing. A program with
    /// other limits takes it too. When it cannot be made, the program starts in the ordinary way.
    func makeReady(for limits: ResourceLimits) async

    /// Whether it can still run programs.
    var isAlive: Bool { get async }

    /// Whether it was given up because the kernel does not let a process end that was killed, as long as that waits for a
    /// disk, say. What it holds of the host stays taken until `destroy` returns.
    var isHeldUp: Bool { get }

    /// Starts `destroy` and returns at once.
    func discard()

    /// Kills everything in it; returns when nothing is left on the host but a stateful sandbox's disk.
    func destroy() async

    /// Starts `destroy`, and waits for it so many seconds at the most.
    ///
    /// - Returns: whether nothing is left.
    func isDestroyed(within seconds: Int) async -> Bool
}

extension RunningSandbox {
    /// Nothing, for those that need nothing.
    public func makeReady(for limits: ResourceLimits) async {}

    /// For those whose programs always end when they are killed.
    public var isHeldUp: Bool { false }

    /// Without a bound, for those whose programs always end when they are killed.
    public func isDestroyed(within seconds: Int) async -> Bool {
        await destroy()
        return true
    }

    public func run(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult {
        try await complete(program, output: output, onStart: onStart)
    }

    /// Runs a program to its end, whoever may want to know when it starts.
    public func run(_ program: ProgramSpec) async throws(OutpostError) -> ProgramResult {
        try await run(program, output: nil, onStart: {})
    }
}
