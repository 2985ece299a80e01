// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Logging
import OutpostCore
import OutpostStore

/// The values that all parts of the queue share.
struct JobContext: Sendable {
    let configuration: JobConfiguration
    let store: any JobStore
    let results: JobResults
    let runner: any JobRunner
    let metrics: JobMetrics
    /// Owns the tasks that go on after the call or the job that started them.
    let tasks = TaskOwner()
    let clock: WallClock
    let words: JobWords
    let logger: Logger

    /// The time now, and the time when a job that ends now expires.
    var moment: JobMoment {
        let now = clock()
        return JobMoment(now: now, expiresAt: now.advanced(bySeconds: configuration.retentionSeconds))
    }

    var leaseMilliseconds: Int64 { Int64(configuration.leaseSeconds) * 1000 }
}
