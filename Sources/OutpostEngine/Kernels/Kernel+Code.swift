// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostSandboxing

extension Kernel {
    /// Runs code when its turn comes. Others can find the run by its id, wait for its end and cancel it.
    ///
    /// - Parameter tell: receives the start, the output and the results as they come. A slow receiver slows the code.
    /// - Throws: `unprocessable` for a time limit above the maximum; as `ask`. The code has not started then.
    func exec(
        _ request: KernelExecRequest, id: ExecutionID = ExecutionID(),
        tell: @escaping @Sendable (KernelEvent) async -> Void = { _ in }, onStart: @escaping @Sendable () -> Void = {}
    ) async throws(OutpostError) -> KernelExecution {
        let run = try services.executions.begin(id, in: sandboxID, namespace, isFollowed: true) { [weak self] in
            await self?.calls[id]?.cancel()
        }
        let task = Task { () -> Result<KernelExecution, OutpostError> in
            do throws(OutpostError) {
                let start: @Sendable () -> Void = {
                    run.start()
                    onStart()
                }
                return .success(try await perform(request, run, tell: tell, onStart: start))
            } catch {
                return .failure(error)
            }
        }
        calls[id] = task
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        calls[id] = nil
        // A cancelled call whose code has not started has an execution too.
        let kept = services.executions.end(run, result.map(\.execution))
        if case .success(let outcome) = result { return outcome }
        return KernelExecution(execution: try kept.get())
    }

    private func perform(
        _ request: KernelExecRequest, _ run: RunningExecution, tell: @Sendable (KernelEvent) async -> Void,
        onStart: @Sendable () -> Void
    ) async throws(OutpostError) -> KernelExecution {
        var limits = limits
        limits.timeoutMilliseconds = request.timeoutMilliseconds ?? limits.timeoutMilliseconds
        try services.policy.check(timeoutMilliseconds: request.timeoutMilliseconds)
        limits = try services.policy.checked(limits)
        let record = OutputRecord(limit: limits.maxOutputBytes, keep: .both)
        let recording = KernelRecording()
        var (start, startedAt) = (ContinuousClock.now, services.clock())
        let command = KernelCommand(
            type: "exec", id: 0, code: request.code, max_result_bytes: Self.resultBytes)
        let work = services.work
        let asked = try await ask(
            command, within: .milliseconds(limits.timeoutMilliseconds),
            output: 2 * record.mostBytes + 2 * Self.resultBytes + LiveOutput.keptBytes,
            longestMessage: Self.resultBytes + 4096,
            onStart: {
                (start, startedAt) = (.now, services.clock())
                onStart()
            },
            releaseReaders: { run.release() }
        ) { (news) throws(KernelViolation) in
            switch news {
            case .output(let stream, let bytes):
                let end = await run.follow(bytes, of: stream, in: record)
                await tell(.output(OutputPart(stream: stream, bytes: bytes, end: end)))
                return nil
            case .message(let bytes):
                guard let reply = await Self.decoded(bytes, work, self.namespace) else {
                    throw KernelViolation(problem: "it sent a malformed message")
                }
                guard reply.id == self.lastNumber else { return nil }
                if reply.type == "end" { return reply }
                if reply.type == "result", recording.append(reply.result) { await tell(.result(reply.result)) }
                return nil
            }
        }
        let duration = (ContinuousClock.now - start) / .milliseconds(1)
        let measured = await asked.incarnation.program.measure()
        let progress = run.progress
        var outcome = KernelExecution(
            execution: Execution(
                id: run.id, sandboxID: sandboxID, status: .succeeded, stdout: progress.stdout,
                stderr: progress.stderr,
                durationMilliseconds: duration, cpuTimeMilliseconds: processorTime(measured),
                memoryPeakBytes: measured.memoryPeakBytes ?? 0,
                startedAt: startedAt, completedAt: services.clock()),
            results: recording.results, omittedResults: recording.omitted)
        guard let reply = asked.reply else {
            await finishDead(&outcome, asked.turn.stop)
            return outcome
        }
        finish(&outcome, reply, asked.turn.stop)
        return outcome
    }

    private static func decoded(_ bytes: [UInt8], _ work: FairWork, _ owner: NamespaceName) async -> KernelReply? {
        do throws(OutpostError) {
            return try await work.run(bytes: bytes.count, for: owner) { () throws(OutpostError) in KernelReply(bytes) }
        } catch {
            // There is no turn: too many wait, or the server stops. The code must not end for that.
            return KernelReply(bytes)
        }
    }

    /// Returns the processor time since the last call, in milliseconds.
    private func processorTime(_ measured: StartedProgram.Measurement) -> Double {
        let now = measured.cpuMicroseconds ?? cpuMicroseconds
        defer { cpuMicroseconds = max(now, cpuMicroseconds) }
        return Double(now - min(now, cpuMicroseconds)) / 1000
    }

    private func finish(_ outcome: inout KernelExecution, _ reply: KernelReply, _ stop: KernelTurn.Stop?) {
        record.executionCount = max(0, reply.execution_count ?? record.executionCount)
        outcome.executionCount = record.executionCount
        outcome.error = reply.failure
        outcome.execution.status = reply.status == "ok" ? .succeeded : .failed
        switch stop {
        case .timeout where outcome.error != nil:
            (outcome.execution.status, outcome.execution.limit) = (.timedOut, .wall)
        case .cancelled where outcome.error != nil: outcome.execution.status = .cancelled
        case .timeout, .cancelled, nil: break
        }
    }

    private func finishDead(_ outcome: inout KernelExecution, _ stop: KernelTurn.Stop?) async {
        guard case .dead(let end) = state else {
            // It was restarted meanwhile, or its process does not end.
            outcome.execution.status = .cancelled
            outcome.execution.message = "the kernel ended before the code"
            outcome.isRestarted = true
            return
        }
        outcome.execution.message = end.message
        outcome.execution.exitCode = end.exitCode
        outcome.execution.signal = end.signal
        outcome.execution.memoryPeakBytes = end.memoryPeakBytes
        switch (end.cause, stop) {
        case (.outOfMemory, _): outcome.execution.status = .outOfMemory
        case (.sandboxEnded, _): outcome.execution.status = .sandboxError
        case (_, .timeout): (outcome.execution.status, outcome.execution.limit) = (.timedOut, .wall)
        case (_, .cancelled): outcome.execution.status = .cancelled
        case (_, nil): outcome.execution.status = .failed
        }
        if end.cause == .timedOut {
            outcome.execution.signal = "SIGKILL"
            await startAgain(&outcome)
        }
    }

    /// Starts the program again after its code did not end.
    private func startAgain(_ outcome: inout KernelExecution) async {
        guard !isDeleted, case .dead(let end) = state else { return }
        do throws(OutpostError) {
            record.restarts += 1
            try await start()
            outcome.isRestarted = true
            outcome.execution.message = end.message + "; it was started again, and its variables are lost"
        } catch {
            services.logger.warning("a kernel could not be started again", metadata: ["error": "\(error)"])
        }
    }
}
