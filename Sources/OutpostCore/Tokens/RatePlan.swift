// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The rate limits of a token. The API and the database use the raw values.
public enum RatePlan: String, Sendable, CaseIterable {
    case free, team, enterprise
    /// No limit. It is the default.
    case unlimited

    /// The most requests in each minute of the clock; nil for no limit.
    public var requestsPerMinute: Int? {
        switch self {
        case .free: 60
        case .team: 300
        case .enterprise: 1000
        case .unlimited: nil
        }
    }

    /// The most requests in each second of the clock; nil for no limit.
    public var burstPerSecond: Int? {
        switch self {
        case .free: 10
        case .team: 30
        case .enterprise: 100
        case .unlimited: nil
        }
    }
}
