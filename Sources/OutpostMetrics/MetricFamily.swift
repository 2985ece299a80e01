// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the exporter must know of a metric beside what is measured.
public struct MetricFamily: Hashable, Sendable {
    /// How its samples are written.
    public enum Kind: Hashable, Sendable {
        case counter
        case gauge
        /// The upper ends of its buckets, in seconds; what is longer counts in a last one.
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

    /// Bounds for parts of a run and of a request.
    public static let steps = Kind.histogram(bounds: [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
    ])

    /// Bounds for what may wait or run for long.
    public static let jobs = Kind.histogram(bounds: [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600,
    ])
}
