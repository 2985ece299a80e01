// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Where a job stands, as the column `phase` says it. What a worker does is finer here than in `JobStatus`.
enum JobPhase: Int, CaseIterable {
    case waiting
    /// Waits for the other jobs of its concurrency key.
    case blocked
    /// Held by a worker, its program not yet started.
    case claimed
    case running
    case succeeded
    case failed
    case cancelled
    case timedOut

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

    static func all(_ status: JobStatus) -> [JobPhase] { byStatus[status] ?? [] }

    private static let byStatus = Dictionary(grouping: allCases, by: \.status)

    /// The phase of a job that has ended.
    static func ended(_ status: JobStatus) -> JobPhase {
        switch status {
        case .succeeded: .succeeded
        case .cancelled: .cancelled
        case .timedOut: .timedOut
        case .failed, .queued, .running: .failed
        }
    }
}
