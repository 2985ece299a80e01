// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import OutpostCallbacks
public import OutpostCore
public import OutpostStore

extension JobService {
    /// Adds all jobs to the queue or none. They survive a power loss when this returns.
    ///
    /// - Parameters:
    ///   - list: the field of the call that has the requests, for a call with several.
    ///   - answer: makes the answer to store with the jobs, for a call with an idempotency key.
    /// - Throws: `invalid_request`, `unprocessable`, `forbidden`, `not_found` for a request; `rate_limited` when the
    ///   namespace has too many queued jobs; `insufficient_storage` when the disk is full or the namespace has reached
    ///   its quota.
    public func submit(
        _ requests: [JobRequest], in namespace: NamespaceName, within list: Parameter? = nil,
        answering answer: ([Job]) -> KeyedAnswer? = { _ in nil }
    ) async throws(OutpostError) -> [Job] {
        let now = context.clock()
        var placements: [JobPlacement] = []
        var documents: [[UInt8]] = []
        for (index, request) in requests.enumerated() {
            do throws(OutpostError) {
                placements.append(try await place(request, namespace))
                documents.append(try request.stored())
            } catch {
                throw list.map { error.within($0[index]) } ?? error
            }
        }
        let jobs = try await insert(in: namespace, answering: answer) {
            requests.indices.map { newJob(requests[$0], documents[$0], placements[$0], namespace, at: now) }
        }
        context.metrics.submitted.increment(by: jobs.count)
        return jobs
    }

    /// Inserts the jobs that `make` returns. When another server on the same store has used one of the ids, it makes the
    /// jobs again with new ids.
    private func insert(
        in namespace: NamespaceName, answering answer: ([Job]) -> KeyedAnswer?, _ make: () -> [NewJob]
    ) async throws(OutpostError) -> [Job] {
        let limits = JobLimits(
            queued: context.configuration.maxQueued, storage: await context.results.quota.bound(of: namespace))
        var tries = 0
        while true {
            let newJobs = make()
            let jobs = newJobs.map(Job.init)
            let claim = workers.reserve(jobs.count)
            do throws(OutpostError) {
                let claimed = try await context.store.insert(
                    newJobs, within: limits, answering: answer(jobs), claiming: claim)
                workers.submitted(jobs.count, claimed: claimed, in: claim)
                return jobs
            } catch {
                if let claim { await workers.start([], in: claim) }
                tries += 1
                guard error.code == .conflict, tries < Self.maxTries else { throw error }
                if let last = try await context.store.lastID() { ids.raise(above: last) }
            }
        }
    }

    private static let maxTries = 8

    private func place(_ request: JobRequest, _ namespace: NamespaceName) async throws(OutpostError) -> JobPlacement {
        if let url = request.callbackURL { try callbackPolicy.check(url) }
        return try await context.runner.place(request, in: namespace)
    }

    private func newJob(
        _ request: JobRequest, _ document: [UInt8], _ placement: JobPlacement, _ namespace: NamespaceName,
        at now: Timestamp
    ) -> NewJob {
        NewJob(
            id: ids.next(), namespace: namespace, sandboxID: placement.sandboxID,
            concurrencyKey: placement.takesTurns ? placement.sandboxID : nil, priority: request.priority,
            maxAttempts: request.maxAttempts, callbackURL: request.callbackURL, createdAt: now,
            request: document)
    }
}

extension Job {
    /// The job right after its submission.
    fileprivate init(_ job: NewJob) {
        self.init(
            id: job.id, namespace: job.namespace, sandboxID: job.sandboxID, maxAttempts: job.maxAttempts,
            priority: job.priority, createdAt: job.createdAt)
    }
}
