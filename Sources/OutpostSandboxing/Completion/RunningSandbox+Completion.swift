// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostLinux

extension RunningSandbox {
    /// Runs a program to its end, and then kills its descendants.
    ///
    /// Cancelling the task kills the program. The result then has the cause `cancelled`.
    ///
    /// - Parameters:
    ///   - output: receives the output while the program runs.
    ///   - onBegin: receives the program when the sandbox has been asked to start it.
    ///   - onStart: called after the program has started. Not called when it cannot be started.
    /// - Throws: `invalid_request` when a file cannot be written or the working directory cannot be entered; `internal`
    ///   when the sandbox failed; `insufficient_storage` when the host's disk could not store the sandbox's writes;
    ///   `unavailable` when the program never began and can run in a new sandbox.
    @Reactor
    public func complete(
        _ program: ProgramSpec, output: LiveOutput?, onBegin: @Sendable (StartedProgram) -> Void = { _ in },
        onStart: @escaping @Sendable () -> Void
    ) async throws(OutpostError) -> ProgramResult {
        let started = try await begin(program, output: output)
        onBegin(started)
        onStart()
        let result = await withTaskCancellationHandler {
            await started.result()
        } onCancel: {
            Reactor.perform { started.stop() }
        }
        return try result.get()
    }

    /// Starts a program that the caller follows to its end. The caller must call `result` once.
    ///
    /// - Parameter output: receives the output while the program runs.
    /// - Throws: `internal` when the sandbox failed; `unavailable` when the program can start in a new sandbox.
    @Reactor
    public func begin(
        _ program: ProgramSpec, output: (any ProgramOutput)?
    ) async throws(OutpostError) -> StartedProgram {
        let run = ProgramRun(program, live: output)
        do throws(OutpostError) {
            return StartedProgram(run, try await start(program, listener: run))
        } catch {
            run.ended()
            throw error
        }
    }
}
