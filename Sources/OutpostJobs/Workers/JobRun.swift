// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Logging
import OutpostCore
import OutpostStore
import Synchronization

/// One claimed job, from its claim to its end or back into the queue.
struct JobRun: Sendable {
    /// What became of it here.
    enum End: Sendable {
        /// It has ended, as everybody can see.
        case ended(Job)
        /// It waits again.
        case waitsAgain
        /// It waits again, and others should not be started for a moment: the host has no room.
        case hostIsFull(retryAfterSeconds: Int)
        /// Somebody else has it.
        case lost
    }

    let claimed: ClaimedJob
    let context: JobContext
    let output: LiveOutput
    /// Whether the server stops, which kills what runs.
    let isStopping: @Sendable () -> Bool

    /// When its program was about to start.
    private let beginning = Beginning()

    private final class Beginning: Sendable {
        let moment = Mutex<Timestamp?>(nil)
    }

    init(
        claimed: ClaimedJob, context: JobContext, output: LiveOutput, isStopping: @escaping @Sendable () -> Bool
    ) {
        self.claimed = claimed
        self.context = context
        self.output = output
        self.isStopping = isStopping
    }

    private var lease: JobLease { claimed.lease }

    /// Runs the job and writes down how it ended.
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
            return await conclude(execution)
        } catch {
            return await giveUp(error)
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

    private struct LeaseEnded: Error {}

    private func conclude(_ execution: Execution) async -> End {
        context.metrics.recordRun(from: execution.startedAt, to: execution.completedAt)
        switch execution.status {
        case .cancelled where isStopping(): return await requeue(isCounted: false)
        case .sandboxError where claimed.job.attempt + 1 < claimed.job.maxAttempts:
            context.metrics.retries.increment()
            return await requeue(isCounted: true)
        default: break
        }
        let note = await context.results.note(execution, of: claimed.job)
        let fault =
            execution.status == .sandboxError
            ? JobError(.internal, execution.message ?? "the sandbox failed") : nil
        return await end(JobStatus(execution.status), note, fault ?? note.error)
    }

    /// The program has not run.
    private func giveUp(_ error: OutpostError) async -> End {
        if error.cause is LeaseEnded || Task.isCancelled { return await requeue(isCounted: false) }
        guard error.code == .unavailable else {
            return await end(.failed, nil, JobError(error.code, context.words.message(error)))
        }
        guard case .waitsAgain = await requeue(isCounted: false) else { return .lost }
        return .hostIsFull(retryAfterSeconds: error.retryAfter ?? 1)
    }

    private func requeue(isCounted: Bool) async -> End {
        do throws(OutpostError) {
            let moment = context.moment
            let status = try await context.store.requeue(lease, isCounted: isCounted, at: moment)
            guard let status else { return .lost }
            return status.isTerminal ? .ended(job(JobOutcome(status: status, moment: moment))) : .waitsAgain
        } catch {
            // Its lease runs out, and then it waits again.
            context.logger.warning(
                "a job cannot be given back", metadata: ["job": "\(lease.job)", "error": "\(error)"])
            return .lost
        }
    }

    /// Writes the end down, however long it takes: what has run is not to run again for want of a few bytes.
    private func end(
        _ status: JobStatus, _ note: JobResults.Note?, _ error: JobError?
    ) async -> End {
        let outcome = JobOutcome(
            status: status, result: note?.result, externalBytes: note?.externalBytes ?? 0, error: error,
            moment: context.moment)
        var pause = 0.1
        while true {
            do throws(OutpostError) {
                guard try await context.store.finish(lease, with: outcome) else { return .lost }
                return .ended(job(outcome, note?.execution))
            } catch {
                context.logger.warning(
                    "the end of a job cannot be written down", metadata: ["job": "\(lease.job)", "error": "\(error)"])
            }
            guard !isStopping() else { return .lost }
            // A task of its own, since one that is cancelled does not sleep.
            await Task { [pause] in try? await Task.sleep(for: .seconds(pause)) }.value
            pause = min(5, pause * 2)
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
