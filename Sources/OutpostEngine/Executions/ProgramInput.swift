// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing
import Synchronization

/// The standard input of a program, for callers that add to it while the program runs.
///
/// It holds one piece of input at most. All other callers wait until the program can read that piece.
public final class ProgramInput: Sendable {
    private let state: Mutex<InputState<StartedProgram>>
    /// What ends the input instead of a closed pipe. Nil for a pipe.
    private let endMark: [UInt8]?
    /// The program has started, or has ended without.
    private let connected = Milestone()

    /// - Parameters:
    ///   - owner: the program in errors, such as `process proc_0123456789ab`.
    ///   - isOpen: whether callers may add input.
    ///   - endMark: what ends the input instead of a closed pipe.
    init(of owner: String, isOpen: Bool, endMark: [UInt8]? = nil) {
        state = Mutex(InputState(of: owner, isOpen: isOpen))
        self.endMark = endMark
    }

    /// Tells that the program has started.
    func start(_ program: StartedProgram) {
        state.withLock { $0.start(program) }
        connected.reach()
    }

    /// Tells that the program has ended. All waiting calls return.
    func end() {
        state.withLock { $0.end() }
        connected.reach()
    }

    /// Checks that the input is open.
    ///
    /// - Throws: `conflict` when it is not.
    public func check() throws(OutpostError) {
        try state.withLock { (state) throws(OutpostError) in try state.check() }
    }

    /// Lets a call send input until `send` returns.
    ///
    /// - Throws: `conflict` when the input is not open; `rate_limited` when too many calls send; the errors of `send`.
    func whileSending(
        _ send: (ProgramInput) async throws(OutpostError) -> Void
    ) async throws(OutpostError) {
        try state.withLock { (state) throws(OutpostError) in try state.enter() }
        defer { state.withLock { $0.leave() } }
        try await send(self)
    }

    /// Adds input. Returns when the program can read all of it, the program has ended, or the calling task is cancelled.
    /// Input of a call that is cancelled before its turn is dropped.
    ///
    /// - Throws: `conflict` when the input is not open.
    public func write(_ bytes: [UInt8]) async throws(OutpostError) {
        try check()
        await connected.wait()
        guard let program = state.withLock({ $0.program }) else { return try check() }
        while await !program.isInputTaken, !Task.isCancelled { await program.waitForInput() }
        if Task.isCancelled { return }
        try check()
        await program.write(bytes)
    }

    /// Ends the input after the bytes that were given. Does nothing when it has ended, and when the calling task is
    /// cancelled before the program's start.
    ///
    /// - Throws: `conflict` when the program has ended.
    public func close() async throws(OutpostError) {
        await connected.wait()
        guard connected.isReached else { return }
        if let endMark { return try await write(endMark) }
        let program = try state.withLock { (state) throws(OutpostError) in try state.close() }
        await program?.closeInput()
    }
}
