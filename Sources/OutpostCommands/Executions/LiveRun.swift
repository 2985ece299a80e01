// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostClient
import OutpostCore
import Synchronization

/// A run whose output is printed as it comes.
struct LiveRun: Sendable {
    /// The limits that the caller set.
    let limits: KnownLimits
    /// Whether the run goes on after an interrupt.
    let isDetached: Bool
    /// Sends standard input while the program runs. Nil when all of it goes with the call.
    var input: InputSending?

    /// The help of the commands that follow a run.
    static let discussion = """
        The command prints the program's standard output and standard error as they come, and ends with its exit \
        code. Standard input goes to the program as it comes, unless the program itself comes from it: add </dev/null \
        to keep it. With --json and with the options that change the output, standard input is read to its end first, \
        and a terminal is not read. An interrupt (Ctrl-C) cancels the run. The code is 128 plus the signal's number after \
        a signal, 124 after a timeout, 137 when memory ran out, and 125 when the service failed.
        """

    typealias Take = @Sendable (ExecutionEvent) async throws -> Void

    private final class Seen: Sendable {
        /// The last byte on standard error.
        let lastByte = Mutex<UInt8?>(nil)
        /// The run and its sandbox.
        let run = Mutex<(ExecutionID, SandboxID)?>(nil)
        let start = Milestone()
    }

    /// Prints the output of the run, and then the notes about its end. An interrupt cancels the run, unless it is
    /// detached.
    ///
    /// - Parameter run: makes the call.
    /// - Throws: the exit code, unless it is 0; the errors of `run`.
    func deliver(_ run: @escaping @Sendable (@escaping Take) async throws -> Execution) async throws {
        let seen = Seen()
        let execution: Execution
        do {
            execution = try await Interrupt.canceling {
                try await withInput(seen) { try await run { try print($0, seen) } }
            }
        } catch is Interrupt {
            if isDetached, let (id, sandbox) = seen.run.withLock({ $0 }) {
                Output.warn("outpost: \(id) goes on in \(sandbox)")
            }
            throw ExitCode.signal(2)
        }
        try ExecutionReport(execution, limits: limits).withoutOutput(
            of: execution, after: seen.lastByte.withLock { $0 }
        ).deliver(inPlaceOfOutput: nil)
    }

    private func print(_ event: ExecutionEvent, _ seen: Seen) throws {
        switch event {
        case .started(let id, let sandbox):
            seen.run.withLock { $0 = (id, sandbox) }
            seen.start.reach()
        case .output(.stdout, let bytes, _): try Output.write(bytes)
        case .output(.stderr, let bytes, _):
            try Output.writeError(bytes)
            seen.lastByte.withLock { $0 = bytes.last }
        case .ended, .failed: break
        }
    }

    /// Follows the run, and sends its input meanwhile.
    private func withInput(
        _ seen: Seen, _ run: @escaping @Sendable () async throws -> Execution
    ) async throws -> Execution {
        guard let input else { return try await run() }
        return try await withThrowingTaskGroup(of: Execution?.self) { group in
            group.addTask { try await run() }
            group.addTask {
                await seen.start.wait()
                if let (id, sandbox) = seen.run.withLock({ $0 }) { try await input.send(to: id, in: sandbox) }
                return nil
            }
            defer { group.cancelAll() }
            for try await execution in group { if let execution { return execution } }
            throw CancellationError()
        }
    }
}
