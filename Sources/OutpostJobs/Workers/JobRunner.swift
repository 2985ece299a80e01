// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Runs the programs of jobs. The engine is behind it.
public protocol JobRunner: Sendable {
    /// Checks a request at its submission, and chooses the sandbox that will run it.
    ///
    /// - Throws: the fault of the request. Nothing of it is left then.
    func place(_ request: JobRequest, in namespace: NamespaceName) async throws(OutpostError) -> JobPlacement

    /// Runs the program to its end. Cancelling the task kills the program.
    ///
    /// - Parameters:
    ///   - output: gets the program's output while it runs.
    ///   - begin: called right before the program starts. The program must not start when it throws.
    /// - Throws: the error that kept the program from running, or the error of `begin`.
    func run(
        _ job: Job, _ request: JobRequest, output: LiveOutput,
        begin: @escaping @Sendable () async throws(OutpostError) -> Void
    ) async throws(OutpostError) -> Execution

    /// Bytes of the disk that are free for results and other new data; nil when this is unknown.
    func freeBytes() async -> Int?

    /// Runs `body`, which takes time for `bytes` bytes, where no other call waits for it, when the namespace's turn comes.
    ///
    /// - Throws: the error of `body`; `rate_limited` when the namespace has too many such computations.
    func compute<Success: Sendable>(
        bytes: Int, for namespace: NamespaceName, _ body: @escaping @Sendable () throws(OutpostError) -> Success
    ) async throws(OutpostError) -> Success

    /// Returns memory that counts output in the quota of a namespace. It holds nothing yet.
    func outputMemory(in namespace: NamespaceName) -> any OutputMemory

    /// Does the work that can wait until a job's end is stored. Called after each attempt.
    func afterRun() async
}

/// Makes room for bytes of output in memory before they are read. It waits or throws when there is none.
public typealias OutputRoom = @Sendable (_ bytes: Int) async throws(OutpostError) -> Void

/// The sandbox that will run a job.
public struct JobPlacement: Hashable, Sendable {
    public let sandboxID: SandboxID
    /// Whether the job waits for its turn in the sandbox. The sandbox is stateful, and runs one such job or call at a
    /// time.
    public let takesTurns: Bool

    public init(sandboxID: SandboxID, takesTurns: Bool) {
        self.sandboxID = sandboxID
        self.takesTurns = takesTurns
    }
}
