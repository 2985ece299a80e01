// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A way of holding programs in: namespaces here, virtual machines later.
public protocol IsolationDriver: Sendable {
    /// What is really in force for every sandbox of this driver.
    var isolation: Isolation { get }

    /// Makes what these make a part of the image, for sandboxes that are launched afterwards.
    ///
    /// - Throws: `internal`; the image is as it was then.
    func prepareImage(_ preparations: [ImagePreparation]) async throws(OutpostError)

    /// Brings a sandbox up.
    ///
    /// - Throws: `unavailable` when the host has no room for another, `internal` otherwise; nothing then remains on the
    ///   host: no process, mount, cgroup or directory.
    func launch(_ spec: SandboxSpec) async throws(OutpostError) -> any SandboxHandle

    /// Brings a sandbox up with an interpreter in it that waits for its program; returns when it does. The first program
    /// that the sandbox runs must have this starting point.
    ///
    /// - Throws: `unavailable` when the host has no room for another, `internal` when the interpreter cannot be started
    ///   so; nothing of the sandbox then remains.
    func launch(_ start: StartingPoint) async throws(OutpostError) -> any SandboxHandle

    /// Makes two pipes for two programs that talk with each other.
    ///
    /// - Throws: `internal` when this process has no room for more descriptors.
    func crossedPipes() throws(OutpostError) -> any CrossedPipes

    /// What changes with what the image holds, so that sandboxes that were brought up with an older one can be told.
    func imageGeneration() async -> String

    /// What changes with what an image holds, so that interpreters that were started from an older state can be told.
    func generation(of start: StartingPoint) async -> String

    /// - Throws: `insufficient_storage` when the data directory is too full for another stateful sandbox.
    func checkRoomForDisk() async throws(OutpostError)

    /// - Throws: `insufficient_storage` when so many more bytes in the data directory would take what its disks, or the
    ///   host, may still need.
    func checkRoom(bytes: Int) async throws(OutpostError)

    /// Bytes of the data directory's disk that are free for something new: neither promised to a sandbox's disk nor kept
    /// back for the host. Nil when nobody knows.
    var freeBytes: Int? { get async }

    /// Whether the host's disk itself has no room, whatever was promised: what a sandbox wrote, and the kernel has not
    /// written out, would be lost if its disk were unmounted now.
    var isDiskFull: Bool { get async }

    /// Removes the disk of a sandbox that is not running; one that is gone, or was never made, is fine.
    func removeDisk(of sandbox: SandboxID) async throws(OutpostError)

    /// The sandboxes that have a disk, or the rest of one.
    func disks() async throws(OutpostError) -> [SandboxID]

    /// Tells whose the disks are that an earlier server left, so that they count as what their namespaces hold.
    func adopt(_ disks: [SandboxID: NamespaceName]) async

    /// What a namespace holds of the host's disk, and may hold, in MiB.
    func diskStanding(of namespace: NamespaceName) async -> QuotaStanding

    /// Kills and removes every sandbox; returns when nothing is left.
    func shutDown() async
}

extension IsolationDriver {
    /// Nothing, for drivers that do not count.
    public func adopt(_ disks: [SandboxID: NamespaceName]) async {}

    /// Unknown, for drivers that do not count.
    public var freeBytes: Int? { get async { nil } }

    /// No limit, for drivers that do not count.
    public func diskStanding(of namespace: NamespaceName) async -> QuotaStanding {
        QuotaStanding(.disk, limit: nil, used: 0)
    }
}

/// A sandbox that is up.
public protocol SandboxHandle: AnyObject, Sendable {
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
    func run(
        _ program: ProgramSpec, output: LiveOutput?, onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult

    /// Starts an interpreter that waits for a program with this starting point, in a sandbox that has run one and is idle.
    /// The next program takes it, or, when its own starting point is another, ends it. When none can be started, programs
    /// start in the ordinary way.
    func expect(_ start: StartingPoint) async

    /// Ends an interpreter that waits, if there is one; returns when it is gone.
    func expectNothing() async

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

extension SandboxHandle {
    /// Nothing, for those that need nothing.
    public func makeReady(for limits: ResourceLimits) async {}

    /// For those whose programs always end when they are killed.
    public var isHeldUp: Bool { false }

    /// Without a bound, for those whose programs always end when they are killed.
    public func isDestroyed(within seconds: Int) async -> Bool {
        await destroy()
        return true
    }

    /// Runs a program to its end, whoever may want to know when it starts.
    public func run(_ program: ProgramSpec) async throws(OutpostError) -> ProgramResult {
        try await run(program, output: nil, onStart: {})
    }
}
