// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// The shortest time between two calls. A draining server answers at once, and without a pause the client would flood
/// it.
private let shortestInterval = Duration.seconds(1)

extension OutpostClient {
    /// Waits until the job `id` has ended, and returns it. The server may restart meanwhile: the client repeats the
    /// call until the server has not answered for `patience`.
    ///
    /// - Parameters:
    ///   - pollSeconds: the seconds that the server waits for the end before it answers, from 1 to 300. The first answer
    ///     comes after 1 second at the latest.
    ///   - patience: the longest time without an answer.
    ///   - observe: called with each answer about a job that has not ended, and with each error after which the client
    ///     repeats the call.
    /// - Throws: the last error when the server has not answered for `patience`; a permanent error, such as
    ///   `not_found`, at once.
    public func waitForJob(
        _ id: JobID, pollSeconds: Int = 60, patience: Duration = .seconds(60),
        observe: @Sendable (Swift.Result<Answer<Job>, OutpostError>) -> Void = { _ in }
    ) async throws(OutpostError) -> Answer<Job> {
        var budget = RetryBudget(patience: patience)
        // Most jobs start at once. The first answer comes soon, and progress output can show that the job runs.
        var holdSeconds = min(1, pollSeconds)
        while true {
            let next: ContinuousClock.Instant
            let asked = ContinuousClock.now
            do throws(OutpostError) {
                let job = try await getJob(id, waitSeconds: holdSeconds)
                if job.status.isTerminal { return job }
                budget.end()
                observe(.success(job))
                next = asked + shortestInterval
                holdSeconds = pollSeconds
            } catch {
                guard let pause = budget.pause(after: error, at: .now) else { throw error }
                observe(.failure(error))
                next = .now + pause
            }
            try await rest(until: next)
        }
    }
}

/// - Throws: `unavailable` when the task is cancelled.
private func rest(until moment: ContinuousClock.Instant) async throws(OutpostError) {
    do {
        try await Task.sleep(until: moment)
    } catch {
        throw OutpostError(.unavailable, "the call was cancelled", cause: error)
    }
}
