// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// One run from its call to its end, for the callers that follow it, wait for it or cancel it.
public final class RunningExecution: Sendable {
    public let id: ExecutionID
    public let sandboxID: SandboxID
    let namespace: NamespaceName
    /// The output of the program. Nil when nobody can follow the run.
    let output: LiveOutput?
    /// The standard input of the program.
    let input: ProgramInput
    private let clock: WallClock
    private let cancelRun: @Sendable () async -> Void

    private struct State {
        var startedAt: Timestamp?
        var start: ContinuousClock.Instant?
        var isCancelled = false
        var result: Result<Execution, OutpostError>?
    }

    private let state = Mutex(State())
    /// The program has started, or the run has ended without.
    private let begun = Milestone()
    private let over = Milestone()

    /// - Parameters:
    ///   - isInputOpen: whether callers may add to the input while the program runs.
    ///   - cancel: cancels the run, in any phase.
    init(
        id: ExecutionID, sandbox: SandboxID, namespace: NamespaceName, output: LiveOutput?, isInputOpen: Bool = false,
        clock: @escaping WallClock, cancel: @escaping @Sendable () async -> Void
    ) {
        self.id = id
        sandboxID = sandbox
        self.namespace = namespace
        self.output = output
        input = ProgramInput(of: "execution \(id)", isOpen: isInputOpen)
        self.clock = clock
        cancelRun = cancel
        output?.whenStarted { [weak self] in self?.start() }
    }

    // MARK: - The run

    /// Tells that the program starts. Only the first call counts: a judge starts a program for each test.
    func start() {
        let now = clock()
        state.withLock { state in
            guard state.start == nil else { return }
            state.startedAt = now
            state.start = .now
        }
        begun.reach()
    }

    /// Keeps output of code in a kernel, and passes it to the readers. Returns when none of them is too far behind.
    ///
    /// - Parameter empty: the empty record that keeps the stream.
    /// - Returns: the bytes of both streams so far.
    func follow(_ bytes: [UInt8], of stream: LiveOutput.Stream, in empty: OutputRecord) async -> Int {
        guard let output else { return 0 }
        let mayGoOn = Milestone()
        if !output.append(bytes[...], to: stream, in: empty, resume: { mayGoOn.reach() }) { await mayGoOn.wait() }
        return output.total(.stdout) + output.total(.stderr)
    }

    /// Lets code in a kernel go on without regard to slow readers.
    func release() { output?.release() }

    /// Tells the result of the run. A failure means that the program has not started.
    func end(_ result: Result<Execution, OutpostError>) {
        state.withLock { $0.result = result }
        output?.end()
        begun.reach()
        over.reach()
        input.end()
    }

    /// Whether the program has started.
    var hasStarted: Bool { state.withLock { $0.start != nil } }

    /// Whether `cancel` was called.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    // MARK: - Callers

    /// The result. Nil while the run is in progress.
    var result: Result<Execution, OutpostError>? { state.withLock { $0.result } }

    /// What is known now.
    var progress: ExecutionInProgress {
        let (startedAt, start) = state.withLock { ($0.startedAt, $0.start) }
        return ExecutionInProgress(
            id: id, sandboxID: sandboxID, startedAt: startedAt,
            durationMilliseconds: start.map { (ContinuousClock.now - $0) / .milliseconds(1) } ?? 0,
            stdout: output?.output(.stdout) ?? CapturedOutput(), stderr: output?.output(.stderr) ?? CapturedOutput())
    }

    /// Cancels the run. Does nothing after its end.
    func cancel() async {
        let isOver = state.withLock { state in
            if state.result == nil { state.isCancelled = true }
            return state.result != nil
        }
        if !isOver { await cancelRun() }
    }

    /// Waits until the program has started or the run has ended, or the calling task is cancelled.
    func waitForStart() async { await begun.wait() }

    /// Waits for the end, and not longer than `limit`.
    func waitForEnd(within limit: Duration) async { await over.wait(within: limit) }

    /// Waits for the end, or until the calling task is cancelled.
    ///
    /// - Returns: the result. Nil when the task was cancelled before, or the program has not started.
    public func outcome() async -> Execution? {
        await over.wait()
        guard case .success(let execution)? = result else { return nil }
        return execution
    }
}
