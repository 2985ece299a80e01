// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostLinux

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

    /// Its files. Only where the driver's capabilities say so.
    var files: any SandboxFiles { get async throws(OutpostError) }

    /// Connects to a TCP port of its loopback device. Only where the driver's capabilities say so.
    ///
    /// - Parameter port: 1 to 65,535.
    /// - Throws: `unavailable` when nothing listens there, or the sandbox goes away.
    func connect(port: Int) async throws(OutpostError) -> any ByteStream

    /// Stops everything in it where it is: it uses no processor until `resume`, and what is asked of it waits. It can be
    /// destroyed meanwhile. Only where the driver's capabilities say so.
    ///
    /// - Throws: `unavailable` when the sandbox goes away.
    func pause() async throws(OutpostError)

    /// Lets it go on; nothing for one that is not paused.
    func resume() async throws(OutpostError)

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

    /// For those of a driver that does not claim files.
    public var files: any SandboxFiles {
        get throws(OutpostError) {
            throw OutpostError(.unprocessable, "this sandbox gives no access to its files")
        }
    }

    /// For those of a driver that does not claim ports.
    public func connect(port: Int) async throws(OutpostError) -> any ByteStream {
        throw OutpostError(.unprocessable, "this sandbox gives no access to its ports")
    }

    /// For those of a driver that does not claim it.
    public func pause() async throws(OutpostError) {
        throw OutpostError(.unprocessable, "this sandbox cannot be paused")
    }

    /// For those of a driver that does not claim it.
    public func resume() async throws(OutpostError) {
        throw OutpostError(.unprocessable, "this sandbox cannot be paused")
    }

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

extension RunningSandbox {
    /// Runs a program to its end, then kills what it left behind.
    ///
    /// Cancelling the task kills the program; the result says so.
    ///
    /// - Parameters:
    ///   - output: gets what it writes while it runs.
    ///   - onStart: called when the program is on its way and the host has nothing to do for it until it ends; not called
    ///     when it cannot be started.
    /// - Throws: `invalid_request` when a file or the working directory cannot be had inside the sandbox, `internal` when
    ///   the sandbox itself failed, `insufficient_storage` when the host's disk could not keep a write of its disk;
    ///   `unavailable` when the program never began and can be run in a sandbox that is brought up anew.
    @Reactor
    public func complete(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult {
        let run = ProgramRun(program, live: output)
        let process: any RunningProcess
        do throws(OutpostError) {
            process = try await start(program, listener: run)
        } catch {
            run.ended()
            throw error
        }
        onStart()
        let exit = await withTaskCancellationHandler {
            await process.wait()
        } onCancel: {
            Reactor.perform { run.stop(for: .cancelled) }
        }
        return try ProgramOutcome(run, exit: try exit.get(), program: program).result()
    }
}

/// What hears of a process.
@Reactor
public protocol ProcessListener: AnyObject, Sendable {
    /// Whether each part of its output is wanted at once. Else what it writes within some milliseconds may come together.
    var isFollowing: Bool { get }

    /// It is about to start, and its time counts.
    ///
    /// - Parameter waited: nanoseconds of its time that are over already.
    func begins(_ process: any RunningProcess, after waited: UInt64)

    /// It has written something.
    ///
    /// - Returns: false when no more of this stream may come until `resume`. The process waits then when the stream is full.
    func took(_ bytes: [UInt8], of stream: LiveOutput.Stream) -> Bool

    /// What it has used so far.
    func used(_ meter: ProcessMeter)

    /// It has ended; the rest of its output still comes.
    func ended()
}
