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

    /// Prepares host resources for the first program of an empty sandbox. A program with other limits can use them too.
    /// When this fails, the program starts in the ordinary way.
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

    /// Lets the kernel take back memory of a paused sandbox, such as its page cache. Returns at once. The sandbox goes on as
    /// before, but slower at first.
    func reclaimMemory() async

    /// What the programs of the sandbox have used since it started, and what they use now.
    ///
    /// - Throws: `unavailable` when the sandbox is stopping; `unprocessable` when the driver does not count it.
    func usage() async throws(OutpostError) -> SandboxUsage

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

    /// Lets `destroy` return as soon as no process is left and everything on the sandbox's disk is durable. The disk may be
    /// unmounted later. Call it before `destroy`.
    func releaseDiskEarly() async

    /// Starts `destroy` and waits at most this many seconds for its end.
    ///
    /// - Returns: whether nothing is left.
    func isDestroyed(within seconds: Int) async -> Bool
}

extension RunningSandbox {
    /// Does nothing. Many drivers need no preparation.
    public func makeReady(for limits: ResourceLimits) async {}

    /// The default of a driver without the capability `files`: throws `unprocessable`.
    public var files: any SandboxFiles {
        get throws(OutpostError) {
            throw OutpostError(.unprocessable, "this sandbox gives no access to its files")
        }
    }

    /// The default of a driver without the capability `ports`: throws `unprocessable`.
    public func connect(port: Int) async throws(OutpostError) -> any ByteStream {
        throw OutpostError(.unprocessable, "this sandbox gives no access to its ports")
    }

    /// The default of a driver without the capability `pauses`: throws `unprocessable`.
    public func pause() async throws(OutpostError) {
        throw OutpostError(.unprocessable, "this sandbox cannot be paused")
    }

    /// The default of a driver without the capability `pauses`: throws `unprocessable`.
    public func resume() async throws(OutpostError) {
        throw OutpostError(.unprocessable, "this sandbox cannot be paused")
    }

    /// The default of a driver that does not count: throws `unprocessable`.
    public func usage() async throws(OutpostError) -> SandboxUsage {
        throw OutpostError(.unprocessable, "what this sandbox uses is not counted")
    }

    /// The default of a driver that cannot: does nothing.
    public func reclaimMemory() async {}

    /// The default of a driver that unmounts no disk: does nothing.
    public func releaseDiskEarly() async {}

    /// The default of a driver whose programs always end when they are killed.
    public var isHeldUp: Bool { false }

    /// The default of a driver whose programs always end when they are killed. Waits without a time limit.
    public func isDestroyed(within seconds: Int) async -> Bool {
        await destroy()
        return true
    }

    /// Runs a program to its end, with `complete`.
    public func run(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult {
        try await complete(program, output: output, onStart: onStart)
    }

    /// Runs a program to its end, without live output.
    public func run(_ program: ProgramSpec) async throws(OutpostError) -> ProgramResult {
        try await run(program, output: nil, onStart: {})
    }
}

/// Receives the events of a process.
@Reactor
public protocol ProcessListener: AnyObject, Sendable {
    /// Whether it needs each part of the output at once. Otherwise the output of several milliseconds may arrive
    /// together.
    var isFollowing: Bool { get }

    /// Whether a caller waits for each part, so that a part must not wait for the next one.
    var isAwaiting: Bool { get }

    /// The process is about to start. Its time starts to count.
    ///
    /// - Parameter waited: nanoseconds of its wall time that have already passed.
    func begins(_ process: any RunningProcess, after waited: UInt64)

    /// The program has begun: the kernel has accepted its start. Only a listener with `isFollowing` is told. The output
    /// and the end come over other ways, and can come before.
    ///
    /// - Parameter pid: the process's number in the sandbox; nil when unknown.
    func started(pid: Int32?)

    /// The process has written something.
    ///
    /// - Returns: whether more of this stream may arrive. If not, the stream waits for `resume`, and the process waits
    ///   when its pipe is full.
    func took(_ bytes: [UInt8], of stream: LiveOutput.Stream) -> Bool

    /// The answer to `meter`.
    func used(_ meter: ProcessMeter)

    /// The sandbox was paused, or its pause has ended. The time of the process does not count during a pause.
    func paused(_ isPaused: Bool)

    /// The process has ended. The rest of its output still arrives.
    func ended()
}

extension ProcessListener {
    public var isAwaiting: Bool { false }

    public func started(pid: Int32?) {}
    public func paused(_ isPaused: Bool) {}
}
