// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostStore

extension JobService {
    /// How many jobs of a namespace wait and run, and may, and how much of the disk they take.
    ///
    /// - Throws: the store's error.
    public func standings(of namespace: NamespaceName) async throws(OutpostError) -> [QuotaStanding] {
        let configuration = context.configuration
        return [
            QuotaStanding(.queuedJobs, limit: configuration.maxQueued, used: try await count(.queued, namespace)),
            QuotaStanding(.runningJobs, limit: configuration.maxRunning, used: try await count(.running, namespace)),
            try await context.results.room.standing(of: namespace),
        ]
    }

    private func count(_ status: JobStatus, _ namespace: NamespaceName) async throws(OutpostError) -> Int {
        try await context.store.jobs(JobPageQuery(namespace: namespace, status: status, limit: 1)).total
    }
}
