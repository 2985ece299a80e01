// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostClient
import OutpostCore
import Synchronization

/// What was last heard of a job that is waited for.
final class JobProgress: Sendable {
    private struct State {
        var job: Job?
        /// Why nothing has been heard since, or nil.
        var problem: String?
    }

    private let state: Mutex<State>

    init(_ job: Job?) { state = Mutex(State(job: job)) }

    /// Takes what the server said, or why it did not.
    ///
    /// - Returns: whether an outage begins with it.
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

    /// The status line; nil as long as nothing was heard.
    func line(now: Timestamp, width: Int) -> String? {
        let state = state.withLock { $0 }
        return state.job.map { jobStatusLine($0, now: now, problem: state.problem, width: width) }
    }
}
