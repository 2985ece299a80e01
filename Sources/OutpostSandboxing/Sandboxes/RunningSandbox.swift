// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostLinux

/// A live sandbox.
public protocol RunningSandbox: AnyObject, Sendable {
    /// Starts a program.
    ///
    /// - Parameter listener: receives the events of the process from its start on.
    /// - Returns: the process. The caller must wait for it. A program that does not start ends as `refused`.
    /// - Throws: `internal` when the sandbox itself failed; `unavailable` when the program can start in a new sandbox. The
    ///   listener may have received the start already.
    @Reactor
    func start(
        _ program: ProgramSpec, listener: any ProcessListener
    ) async throws(OutpostError) -> any RunningProcess

    /// Runs a program to its end. This is `complete`; a test may replace it.
    func run(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult

    /// Makes what the first program needs of the host, in a sandbox that has run nothing yet. A program with other limits can
    /// use it too. When this fails, the program starts in the ordinary way.
    func makeReady(for limits: ResourceLimits) async

    /// The files of the sandbox. Needs the capability `files` of the driver.
    var files: any SandboxFiles { get async throws(OutpostError) }

    /// Connects to a TCP port of the sandbox's loopback device. Needs the capability `ports` of the driver.
    ///
    /// - Parameter port: 1 to 65,535.
    /// - Throws: `unavailable` when nothing listens there, or the sandbox is stopping.
    func connect(port: Int) async throws(OutpostError) -> any ByteStream

    /// Freezes every process of the sandbox. The sandbox uses no processor until `resume`, and requests to it wait. It can be
    /// destroyed meanwhile. Needs the capability `pauses` of the driver.
    ///
    /// - Throws: `unavailable` when the sandbox is stopping.
    func pause() async throws(OutpostError)

    /// Ends a pause. Does nothing when the sandbox is not paused.
    func resume() async throws(OutpostError)

    /// Whether it can still run programs.
    var isAlive: Bool { get async }

    /// Whether the server gave the sandbox up because a killed process does not end. The kernel does not end a process that
    /// waits for a disk, for example. The sandbox keeps its resources of the host until `destroy` returns.
    var isHeldUp: Bool { get }

    /// Starts `destroy` and returns at once.
    func discard()

    /// Kills every process and frees the sandbox's resources. Returns when nothing is left on the host but the disk of a
    /// stateful sandbox.
    func destroy() async

    /// Starts `destroy` and waits at most this many seconds for its end.
    ///
    /// - Returns: whether nothing is left.
    func isDestroyed(within seconds: Int) async -> Bool
}

extension RunningSandbox {
    /// Does nothing: many sandboxes need nothing.
    public func makeReady(for limits: ResourceLimits) async {}

    /// For a driver without the capability `files`.
    public var files: any SandboxFiles {
        get throws(OutpostError) {
            throw OutpostError(.unprocessable, "this sandbox gives no access to its files")
        }
    }

    /// For a driver without the capability `ports`.
    public func connect(port: Int) async throws(OutpostError) -> any ByteStream {
        throw OutpostError(.unprocessable, "this sandbox gives no access to its ports")
    }

    /// For a driver without the capability `pauses`.
    public func pause() async throws(OutpostError) {
        throw OutpostError(.unprocessable, "this sandbox cannot be paused")
    }

    /// For a driver without the capability `pauses`.
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
