// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// The longest silence of a living server. It sends a comment line every 15 seconds.
let longestSilence = Duration.seconds(60)

extension OutpostClient {
    /// Fetches what the program of the job `id` has written so far.
    ///
    /// - Throws: `not_found` when the namespace has no such job.
    public func jobLogs(_ id: JobID) async throws(OutpostError) -> Answer<JobLogs> {
        try await answer(Call(operation: .getJobLogs, parameters: place(job: id)), as: JobLogs.self)
    }

    /// Passes the live output of the job `id` to `take`, from the first byte until the job ends.
    ///
    /// - Throws: `not_found` when the namespace has no such job; `unavailable` when the connection ends before the job,
    ///   which then goes on; the error of `take`.
    /// - Returns: the ended job.
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
