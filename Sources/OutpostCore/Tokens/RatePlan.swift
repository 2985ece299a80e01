// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How many requests a credential may make. The raw values are the API's and the database's.
public enum RatePlan: String, Sendable, CaseIterable {
    case free, team, enterprise
    /// No bound; what a self-hosted token gets unless its creator says otherwise.
    case unlimited

    /// Requests in each minute of the clock, or nil for no bound.
    public var requestsPerMinute: Int? {
        switch self {
        case .free: 60
        case .team: 300
        case .enterprise: 1000
        case .unlimited: nil
        }
    }

    /// Requests in each second of the clock, or nil for no bound.
    public var burstPerSecond: Int? {
        switch self {
        case .free: 10
        case .team: 30
        case .enterprise: 100
        case .unlimited: nil
        }
    }
}
