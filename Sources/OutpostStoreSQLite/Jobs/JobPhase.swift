// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The state of a job in the column `phase`. It divides `JobStatus.queued` and `JobStatus.running` further.
enum JobPhase: Int, CaseIterable {
    /// Queued, and a worker may claim it.
    case waiting
    /// Queued, and waits for other jobs of its concurrency key.
    case blocked
    /// Held by a worker. Its program has not started.
    case claimed
    case running
    case succeeded
    case failed
    case cancelled
    case timedOut

    private static let byStatus = Dictionary(grouping: allCases, by: \.status)

    var status: JobStatus {
        switch self {
        case .waiting, .blocked: .queued
        case .claimed, .running: .running
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        case .timedOut: .timedOut
        }
    }

    /// All phases of `status`.
    static func all(_ status: JobStatus) -> [JobPhase] { byStatus[status] ?? [] }

    /// The phase of a job that has ended with `status`.
    static func ended(_ status: JobStatus) -> JobPhase {
        switch status {
        case .succeeded: .succeeded
        case .cancelled: .cancelled
        case .timedOut: .timedOut
        case .failed, .queued, .running: .failed
        }
    }
}
