// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing
import OutpostStore
import Synchronization

/// One process of a sandbox, from its start until the server forgets it.
public final class LiveProcess: Sendable {
    public let id: ProcessID
    public let sandboxID: SandboxID
    let namespace: NamespaceName
    let name: String?
    /// The output. Its readers can come and go, also after the end.
    let output: ProcessOutput
    /// The standard input.
    public let input: ProgramInput
    private let state: Mutex<State>
    private let clock: WallClock
    /// The process has begun, or has ended without.
    private let begun = Milestone()
    private let over = Milestone()
    /// The store has the start of the process, or has failed to take it.
    private let startRecorded = Milestone()
    /// The store has the end of the process.
    private let recorded = Milestone()

    private struct State {
        var record: SandboxProcess
        var program: StartedProgram?
        var isKilled = false
        var isHungUp = false
        /// Whether the server stops, and ends the process with it.
        var isStopping = false
        /// Why the process did not begin.
        var refusal: OutpostError?
        /// The sandbox and the quotas that the process holds until its end.
        var holds: [any Sendable] = []
    }

    /// Makes the process of a request. It has not begun.
    ///
    /// - Parameter command: the program and its arguments.
    init(
        _ request: ProcessRequest, command: [String], in sandbox: SandboxID, _ namespace: NamespaceName,
        clock: @escaping WallClock
    ) {
        id = ProcessID()
        sandboxID = sandbox
        self.namespace = namespace
        self.clock = clock
        output = ProcessOutput()
        name = request.name
        // The input of a terminal cannot end. The process gets the character that means the end of a file, as from a
        // keyboard (termios(3), `VEOF`).
        input = ProgramInput(
            of: "process \(id)", isOpen: request.takesInput || request.terminal != nil,
            endMark: request.terminal.map { _ in [4] })
        state = Mutex(
            State(
                record: SandboxProcess(
                    id: id, sandboxID: sandbox, name: request.name, command: Self.shown(command),
                    terminal: request.terminal, startedAt: clock())))
    }

    /// Makes a process of an earlier server. One that ran then is lost.
    init(restoring stored: StoredProcess, clock: @escaping WallClock) {
        var record = stored.process
        if record.status == .running {
            (record.status, record.cause, record.endedAt) = (.lost, .serverStopped, clock())
        }
        id = record.id
        sandboxID = record.sandboxID
        namespace = stored.namespace
        name = record.name
        self.clock = clock
        output = ProcessOutput(restoring: [
            .stdout: CapturedOutput(bytes: stored.stdout, total: max(record.stdoutBytes, stored.stdout.count)),
            .stderr: CapturedOutput(bytes: stored.stderr, total: max(record.stderrBytes, stored.stderr.count)),
        ])
        input = ProgramInput(of: "process \(id)", isOpen: false)
        state = Mutex(State(record: record))
        begun.reach()
        over.reach()
        input.end()
    }

    /// The process as the store keeps it.
    var stored: StoredProcess {
        hasEnded
            ? StoredProcess(
                record, in: namespace, stdout: output.output(.stdout).bytes, stderr: output.output(.stderr).bytes)
            : StoredProcess(record, in: namespace)
    }

    /// The most bytes of a command that a record shows. The server keeps the record as long as the process.
    static let longestCommand = 4096

    /// Returns the first words of a command, as far as a record shows them.
    private static func shown(_ command: [String]) -> [String] {
        var (words, room) = ([String](), longestCommand)
        for word in command {
            guard word.utf8.count <= room else {
                words.append(String(word.prefix(room / 4)) + "…")
                break
            }
            words.append(word)
            // A word takes memory besides its text.
            room -= max(16, word.utf8.count)
        }
        return words
    }

    // MARK: - The process

    /// Gives the process what it holds until its end.
    func hold(_ holds: [any Sendable]) { state.withLock { $0.holds += holds } }

    /// Tells that the sandbox has been asked to start the program. Kills the program when the process was killed before.
    func launched(_ program: StartedProgram) async {
        let isKilled = state.withLock { state in
            state.program = program
            return state.isKilled
        }
        input.start(program)
        if isKilled { await program.stop() }
        output.whenStarted { [begun] in begun.reach() }
    }

    /// Waits until the process has begun or has ended without.
    ///
    /// - Throws: the error of a process that did not begin.
    func waitForStart() async throws(OutpostError) {
        await begun.wait()
        if let program = state.withLock({ $0.program }) {
            await program.forgetStart()
            let pid = await program.pid
            state.withLock { $0.record.pid = pid.map { Int($0) } }
        }
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
    }

    /// Tells how the process ended. What it holds is released.
    func end(_ result: Result<ProgramResult, OutpostError>) {
        let now = clock()
        let holds = state.withLock { state in
            if case .failure(let error) = result, !begun.isReached { state.refusal = error }
            state.record.end(result, at: now)
            if state.isStopping { state.record.lose() }
            state.program = nil
            defer { state.holds = [] }
            return state.holds
        }
        if case .success(let result) = result, case .notStarted(let reason, _) = result.end {
            _ = output.append(Array(reason.utf8)[...], to: .stderr, in: OutputRecord()) {}
        }
        output.end()
        begun.reach()
        over.reach()
        input.end()
        withExtendedLifetime(holds) {}
    }

    // MARK: - Callers

    /// What is known now.
    public var record: SandboxProcess {
        var record = state.withLock { $0.record }
        record.stdoutBytes = output.total(.stdout)
        record.stderrBytes = output.total(.stderr)
        return record
    }

    /// What is known now, with the processor time and the memory until now.
    func measured() async -> SandboxProcess {
        if let program = state.withLock({ $0.program }) {
            let measured = await program.measure()
            state.withLock { state in
                guard state.record.status == .running else { return }
                state.record.cpuTimeMilliseconds = Double(measured.cpuMicroseconds ?? 0) / 1000
                state.record.memoryPeakBytes = measured.memoryPeakBytes
            }
        }
        return record
    }

    /// Whether the process has ended.
    public var hasEnded: Bool { over.isReached }

    /// Waits for the end, and not longer than `limit`.
    func waitForEnd(within limit: Duration) async { await over.wait(within: limit) }

    /// Waits for the end, or until the calling task is cancelled.
    func waitForEnd() async { await over.wait() }

    /// Kills the process and its descendants. Does nothing after the end.
    func kill() async {
        let program = state.withLock { state in
            state.isKilled = true
            return state.program
        }
        await program?.stop()
    }

    /// Whether the process has begun, or has ended without.
    var hasBegun: Bool { begun.isReached }

    /// Asks the process to end because the server stops (SIGTERM), and kills it when it has not ended soon. Its record then says
    /// that it is lost.
    ///
    /// - Parameter patience: how long it may take to end by itself.
    func endAtStop(within patience: Duration) async {
        let program = state.withLock { state in
            state.isStopping = true
            return state.program
        }
        if let program, patience > .zero {
            await program.terminate()
            await waitForEnd(within: patience)
        }
        await kill()
    }

    /// Tells that the store has the start of the process, or has failed to take it.
    func tellStartRecorded() { startRecorded.reach() }

    /// Waits until the record of the start cannot replace a later one.
    func waitUntilStartRecorded() async { await startRecorded.wait() }

    /// Tells that the store has the end of the process.
    func tellRecorded() { recorded.reach() }

    /// Waits until the store has the end of the process, and not longer than `limit`.
    func waitUntilRecorded(within limit: Duration) async { await recorded.wait(within: limit) }

    /// Records a hang-up.
    ///
    /// - Returns: whether this is the first.
    func isFirstHangUp() -> Bool {
        state.withLock { state in
            defer { state.isHungUp = true }
            return !state.isHungUp
        }
    }

    /// Tells the process that its terminal hangs up (SIGHUP). Does nothing after the end.
    func hangUp() async { await state.withLock { $0.program }?.hangUp() }

    /// Sends a signal to the process, and with `group` to its whole process group.
    ///
    /// - Throws: `conflict` when the process has ended.
    public func signal(_ number: Int32, group: Bool = true) async throws(OutpostError) {
        await (try running()).signal(number, group: group)
    }

    /// Sets the size of the terminal. The kernel tells the process (SIGWINCH).
    ///
    /// - Throws: `conflict` when the process has no terminal or has ended.
    public func resize(_ size: ProcessTerminal) async throws(OutpostError) {
        let program = try running()
        let hasTerminal = state.withLock { state in
            if state.record.terminal != nil { state.record.terminal = size }
            return state.record.terminal != nil
        }
        guard hasTerminal else { throw OutpostError(.conflict, "the process \(id) has no terminal") }
        await program.resize(size)
    }

    private func running() throws(OutpostError) -> StartedProgram {
        let (program, status) = state.withLock { ($0.program, $0.record.status) }
        guard let program else {
            throw OutpostError(.conflict, "the process \(id) is \(status.rawValue)")
        }
        return program
    }
}

extension SandboxProcess {
    /// Records that the server ended the process with itself. How it would have ended is unknown.
    mutating func lose() {
        (status, cause, exitCode, signal) = (.lost, .serverStopped, nil, nil)
    }

    /// Records the end of the process.
    mutating func end(_ result: Result<ProgramResult, OutpostError>, at now: Timestamp) {
        endedAt = now
        guard case .success(let result) = result else {
            (status, cause) = (.lost, .sandboxError)
            return
        }
        cpuTimeMilliseconds = result.cpuTimeMilliseconds
        memoryPeakBytes = result.memoryPeakBytes
        cause = result.cause.flatMap(ProcessCause.init)
        switch result.end {
        case .exited(let code): (status, exitCode) = (.exited, Int(code))
        case .signalled(let name): (status, signal) = (.signalled, name)
        case .notStarted(_, let code): (status, exitCode) = (.exited, Int(code))
        }
    }
}

extension ProcessCause {
    fileprivate init?(_ cause: ProgramResult.Cause) {
        switch cause {
        case .timeout, .processorTime: self = .timedOut
        case .memory: self = .outOfMemory
        case .diskFull: self = .diskFull
        case .cancelled: self = .cancelled
        case .outputLimit: return nil
        }
    }
}
