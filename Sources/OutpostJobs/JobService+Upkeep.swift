// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore
public import ServiceLifecycle

extension JobService: Service {
    /// Runs jobs, holds their leases, sends callbacks and forgets what has expired, until the server is told to stop.
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

    /// One round: also when one part fails, since a full disk must not end the others.
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
        context.logger.notice("jobs whose worker went away have ended", metadata: ["count": "\(ended.count)"])
    }

    private func sweep() async throws(OutpostError) {
        let most = 1000
        var swept: JobSweep
        repeat {
            swept = try await context.store.sweep(at: context.clock(), limit: most)
            try await context.results.store.remove(swept.externalResults)
        } while swept.deletedJobs == most && !Task.isCancelled
    }

    /// Claims no more jobs, answers who waits for one, and lets those that run finish; what has not finished in time is
    /// killed and waits again.
    ///
    /// - Parameter seconds: how long they may take.
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
