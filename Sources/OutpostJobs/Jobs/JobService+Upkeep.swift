// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore
public import ServiceLifecycle

extension JobService: Service {
    /// Runs jobs, renews their leases, sends callbacks and deletes expired jobs until the server begins to stop. Returns
    /// the running jobs to the queue then.
    public func run() async throws {
        await workers.wake()
        await callbacks.wake()
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // A cancelled sleep is the end of the loop.
                try? await Task.sleep(for: .seconds(max(1, Double(context.configuration.leaseSeconds) / 3)))
                await upkeep()
            }
        }
        workers.stopClaiming()
        await workers.requeueAll()
        await callbacks.stop()
        context.tasks.cancel()
        await context.tasks.wait()
    }

    /// Does one round of upkeep. When one step fails, for example on a full disk, it logs the error and goes on with the
    /// next.
    public func upkeep() async {
        await attempt("renew leases") { () async throws(OutpostError) in try await workers.renewLeases() }
        await attempt("requeue lost jobs") { () async throws(OutpostError) in try await expireLeases() }
        await attempt("delete old jobs") { () async throws(OutpostError) in try await sweep() }
        await workers.wake()
        await callbacks.wake()
    }

    private func attempt(_ what: String, _ body: () async throws(OutpostError) -> Void) async {
        do throws(OutpostError) {
            try await body()
        } catch {
            context.logger.warning("the queue cannot \(what)", metadata: ["error": "\(error)"])
        }
    }

    func expireLeases() async throws(OutpostError) {
        let error = JobError(.unavailable, "the server stopped while it ran the job, and the job has no attempts left")
        let ended = try await context.store.expireLeases(failingWith: error, at: context.moment)
        for (id, status) in ended {
            metrics.countEnd(status)
            waiters.changed(id)
        }
        guard !ended.isEmpty else { return }
        context.logger.notice("jobs ended because their worker lost its lease", metadata: ["count": "\(ended.count)"])
    }

    private func sweep() async throws(OutpostError) {
        let batch = 1000
        var swept: JobSweep
        repeat {
            swept = try await context.store.sweep(at: context.clock(), limit: batch)
            try await context.results.store.remove(swept.externalResults)
        } while swept.deletedJobs == batch && !Task.isCancelled
    }

    /// Stops claiming jobs, ends all waits for jobs, and lets the running jobs finish. Kills the jobs that are still
    /// running after `seconds` and returns them to the queue.
    public func drain(seconds: Int) async {
        workers.stopClaiming()
        waiters.close()
        await OutpostCore.drain(within: seconds) { [workers] in
            await workers.waitUntilIdle()
        } hurry: { [workers] in
            await workers.requeueAll()
        }
    }
}
