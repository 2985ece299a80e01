// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// Longer than the pause between a server's comment lines, which is 15 s.
private let longestSilence = Duration.seconds(60)

extension OutpostClient {
    /// What the program of the job `id` has written so far.
    ///
    /// - Throws: `not_found` when the namespace has no such job.
    public func jobLogs(_ id: JobID) async throws(OutpostError) -> Answer<JobLogs> {
        try await answer(Call(operation: .getJobLogs, parameters: place(job: id)), as: JobLogs.self)
    }

    /// Gives `take` what the program of the job `id` writes, from its first byte and as it comes, until the job ends.
    ///
    /// - Throws: `not_found` when the namespace has no such job; `unavailable` when the server goes away before the job
    ///   has ended, after which the job can still be asked for; what `take` throws.
    /// - Returns: the job as it has ended.
    @discardableResult
    public func followLogs(
        of id: JobID, _ take: @escaping @Sendable (JobLogEvent) async throws -> Void
    ) async throws -> Job {
        let call = Call(operation: .getJobLogs, parameters: place(job: id), accept: Call.eventStream)
        let last = try await stream(call, longestSilence: longestSilence) { event -> Job? in
            guard let known = try JobLogEvent(event) else { return nil }
            try await take(known)
            if case .ended(let job) = known { return job }
            return nil
        }
        guard let last else {
            throw OutpostError(
                .unavailable, "\(configuration.address) ended the output of \(id) before the job has ended")
        }
        return last
    }
}
