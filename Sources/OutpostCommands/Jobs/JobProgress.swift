// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostClient
import OutpostCore
import Synchronization

/// The last known state of a job while a command waits for it.
final class JobProgress: Sendable {
    private let state: Mutex<State>

    private struct State {
        var job: Job?
        /// Why the server has not answered since; nil while it answers.
        var problem: String?
    }

    init(_ job: Job?) { state = Mutex(State(job: job)) }

    /// Records an answer, or the reason why there is none.
    ///
    /// - Returns: whether the server answered before and does not any more.
    @discardableResult
    func hear(_ news: Result<Answer<Job>, OutpostError>) -> Bool {
        state.withLock { state in
            let isOutage = state.problem != nil
            switch news {
            case .success(let job): state = State(job: job.body)
            case .failure(let error): state.problem = error.message
            }
            return !isOutage && state.problem != nil
        }
    }

    /// Returns the status line; nil before the first answer.
    func line(now: Timestamp, width: Int) -> String? {
        let state = state.withLock { $0 }
        return state.job.map { jobStatusLine($0, now: now, problem: state.problem, width: width) }
    }
}
