// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What runs a job's program: the engine.
public protocol JobRunner: Sendable {
    /// Checks what can be checked before the job's turn, and says where it will run.
    ///
    /// - Throws: what is wrong with the request; nothing of it is left.
    func place(_ request: JobRequest, in namespace: NamespaceName) async throws(OutpostError) -> JobPlacement

    /// Runs the program to its end; cancelling the task kills it.
    ///
    /// - Parameters:
    ///   - output: gets what the program writes while it runs.
    ///   - begin: called when the program could start; it must not when this throws.
    /// - Throws: what kept the program from running, and the error of `begin`.
    func run(
        _ job: Job, _ request: JobRequest, output: LiveOutput,
        begin: @escaping @Sendable () async throws(OutpostError) -> Void
    ) async throws(OutpostError) -> Execution

    /// Bytes of the disk that are free for results and all else that is new; nil when nobody knows.
    func freeBytes() async -> Int?

    /// The end of a job that ran is written down: what can wait for that may be done now.
    func afterRun() async
}

/// Where a job will run.
public struct JobPlacement: Hashable, Sendable {
    public let sandboxID: SandboxID
    /// Whether it takes its turn with the sandbox's other calls.
    public let takesTurns: Bool

    public init(sandboxID: SandboxID, takesTurns: Bool) {
        self.sandboxID = sandboxID
        self.takesTurns = takesTurns
    }
}
