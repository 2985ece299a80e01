// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Logging
import OutpostCore
import OutpostStore
import Synchronization

/// One attempt to run a job, from its claim to its end or its return to the queue.
struct JobRun: Sendable {
    /// How the attempt ended.
    enum End: Sendable {
        /// The job has ended, and the store has its end.
        case ended(Job)
        /// The job is in the queue again.
        case requeued
        /// The job is in the queue again, because the host has no room. The worker should pause.
        case hostIsFull(retryAfterSeconds: Int)
        /// The lease is lost, or the store could not be told of the end.
        case lost
    }

    private final class Beginning: Sendable {
        let moment = Mutex<Timestamp?>(nil)
    }

    private struct LeaseEnded: Error {}

    let claimed: ClaimedJob
    let context: JobContext
    let output: LiveOutput
    /// Whether the server is stopping. Programs are killed then.
    let isStopping: @Sendable () -> Bool
    /// When the program was about to start; nil before.
    private let beginning = Beginning()

    init(
        claimed: ClaimedJob, context: JobContext, output: LiveOutput, isStopping: @escaping @Sendable () -> Bool
    ) {
        self.claimed = claimed
        self.context = context
        self.output = output
        self.isStopping = isStopping
    }

    private var lease: JobLease { claimed.lease }

    /// Runs the job and stores how it ended.
    func perform() async -> End {
        defer { output.end() }
        let request: JobRequest
        do throws(OutpostError) {
            request = try JobRequest(stored: claimed.request)
        } catch {
            return await end(.failed, nil, JobError(error.code, context.words.message(error)))
        }
        do throws(OutpostError) {
            let execution = try await context.runner.run(claimed.job, request, output: output) {
                () async throws(OutpostError) in try await begin()
            }
            return await finish(execution)
        } catch {
            return await finishWithoutRun(error)
        }
    }

    private func begin() async throws(OutpostError) {
        let now = context.clock()
        guard try await context.store.begin(lease, at: now) else {
            throw OutpostError(.conflict, "another worker has taken the job", cause: LeaseEnded())
        }
        beginning.moment.withLock { $0 = now }
        context.metrics.recordWait(from: claimed.job.createdAt, to: now)
    }

    /// Ends the job with the result of its program. Returns the job to the queue when the server stops or the sandbox
    /// failed and attempts are left.
    private func finish(_ ended: Execution) async -> End {
        let execution = sinceBeginning(ended)
        context.metrics.recordRun(from: execution.startedAt, to: execution.completedAt)
        switch execution.status {
        case .cancelled where isStopping(): return await requeue(isCounted: false)
        case .sandboxError where claimed.job.attempt + 1 < claimed.job.maxAttempts:
            context.metrics.retries.increment()
            return await requeue(isCounted: true)
        default: break
        }
        let saved = await context.results.save(execution, of: claimed.job, under: lease)
        let fault =
            execution.status == .sandboxError
            ? JobError(.internal, execution.message ?? "the sandbox failed") : nil
        return await end(JobStatus(execution.status), saved, fault ?? saved.error)
    }

    /// The execution with the beginning of the job's attempt, if that is later: the engine counts the wait for a sandbox, and
    /// the wall clock may be set back. So a job never starts after its execution.
    private func sinceBeginning(_ execution: Execution) -> Execution {
        guard let begun = beginning.moment.withLock({ $0 }) else { return execution }
        var execution = execution
        execution.startedAt = max(execution.startedAt, begun)
        execution.completedAt = max(execution.completedAt, execution.startedAt)
        return execution
    }

    /// Ends a job whose program did not run because of `error`. Returns it to the queue when another attempt may succeed.
    private func finishWithoutRun(_ error: OutpostError) async -> End {
        if error.cause is LeaseEnded || Task.isCancelled { return await requeue(isCounted: false) }
        guard error.code == .unavailable else {
            return await end(.failed, nil, JobError(error.code, context.words.message(error)))
        }
        guard case .requeued = await requeue(isCounted: false) else { return .lost }
        return .hostIsFull(retryAfterSeconds: error.retryAfter ?? 1)
    }

    private func requeue(isCounted: Bool) async -> End {
        do throws(OutpostError) {
            let moment = context.moment
            let status = try await context.store.requeue(lease, isCounted: isCounted, at: moment)
            guard let status else { return .lost }
            return status.isTerminal ? .ended(job(JobOutcome(status: status, moment: moment))) : .requeued
        } catch {
            // The job returns to the queue when its lease expires.
            context.logger.warning(
                "a job cannot be returned to the queue", metadata: ["job": "\(lease.job)", "error": "\(error)"])
            return .lost
        }
    }

    /// Stores the job's end. It retries until the store accepts it or the server stops, so a program that has run does
    /// not run again because the disk was full.
    private func end(
        _ status: JobStatus, _ saved: JobResults.Saved?, _ error: JobError?
    ) async -> End {
        let outcome = JobOutcome(
            status: status, result: saved?.result, externalBytes: saved?.externalBytes ?? 0, error: error,
            moment: context.moment)
        var pause = 0.1
        while true {
            do throws(OutpostError) {
                guard try await context.store.finish(lease, with: outcome) else {
                    await removeResult(outcome)
                    return .lost
                }
                return .ended(job(outcome, saved?.execution))
            } catch {
                context.logger.warning(
                    "the end of a job cannot be stored", metadata: ["job": "\(lease.job)", "error": "\(error)"])
            }
            guard !isStopping() else { return .lost }
            // The pause runs in a task of its own, because this task may be cancelled and would not sleep.
            await Task { [pause] in try? await Task.sleep(for: .seconds(pause)) }.value
            pause = min(5, pause * 2)
        }
    }

    /// Removes the large result that the store refused with the lost lease. It asks the store first, because an earlier
    /// `finish` may have counted although it failed. When it fails, the next start of the server removes the result.
    private func removeResult(_ outcome: JobOutcome) async {
        guard case .external(let id) = outcome.result else { return }
        do throws(OutpostError) {
            guard try await context.store.recordResultSizes([id: outcome.externalBytes]).isEmpty else { return }
            try await context.results.store.remove([id])
        } catch {
            context.logger.warning(
                "the result of a lost lease cannot be removed", metadata: ["job": "\(lease.job)", "error": "\(error)"])
        }
    }

    /// The job as the store has it now.
    private func job(_ outcome: JobOutcome, _ execution: Execution? = nil) -> Job {
        var job = claimed.job
        job.status = outcome.status
        if let begun = beginning.moment.withLock({ $0 }) {
            job.attempt += 1
            job.startedAt = begun
        }
        job.result = execution
        job.error = outcome.error
        job.completedAt = outcome.moment.now
        job.expiresAt = outcome.moment.expiresAt
        return job
    }
}
