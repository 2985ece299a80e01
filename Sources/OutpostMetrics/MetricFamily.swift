// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The description of a metric: its name, its kind and its help text.
public struct MetricFamily: Hashable, Sendable {
    /// The kind of a metric.
    public enum Kind: Hashable, Sendable {
        case counter
        case gauge
        /// A histogram of durations. `bounds` are the upper bounds of its buckets in seconds. One more bucket counts
        /// longer ones.
        case histogram(bounds: [Double])
    }

    public let name: String
    public let kind: Kind
    public let help: String

    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// A histogram with bounds for the parts of a run or of a request.
    public static let steps = Kind.histogram(bounds: [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
    ])

    /// A histogram with bounds for long waits and runs.
    public static let jobs = Kind.histogram(bounds: [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600,
    ])
}
