// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostAPI
public import OutpostCore

/// Between two answers at least: a server that stops does not hold its answers back.
private let shortestInterval = Duration.seconds(1)

extension OutpostClient {
    /// The job `id` when it has ended. The server may be restarted meanwhile: as long as it answers again within
    /// `patience`, it is asked again.
    ///
    /// - Parameters:
    ///   - pollSeconds: how long the server holds an answer back, from 1 to 300; `observe` hears of the job that often,
    ///     and first after a second.
    ///   - patience: how long the server may not answer.
    ///   - observe: gets each answer about a job that has not ended, and each error after which the server is asked
    ///     again.
    /// - Throws: the last error when the server's silence exceeds `patience`; `not_found` and the like at once.
    public func waitForJob(
        _ id: JobID, pollSeconds: Int = 60, patience: Duration = .seconds(60),
        observe: @Sendable (Swift.Result<Answer<Job>, OutpostError>) -> Void = { _ in }
    ) async throws(OutpostError) -> Answer<Job> {
        var budget = RetryBudget(patience: patience)
        // Most jobs start at once, which whoever shows their progress wants to hear soon.
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
