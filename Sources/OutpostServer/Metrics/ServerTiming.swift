// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostEngine

/// The steps of a run as the header `Server-Timing`, in milliseconds.
enum ServerTiming {
    /// - Parameter total: from the head of the request until the answer.
    static func text(_ times: RunTimes, total: Duration) -> String {
        let steps = times.steps.map { metric($0.step.rawValue, $0.duration) }
        return (steps + [metric("total", total)]).joined(separator: ", ")
    }

    private static func metric(_ name: String, _ duration: Duration) -> String {
        // Thousandths are what the clock and the reader can use.
        let microseconds = (duration / .microseconds(1)).rounded()
        return "\(name);dur=\(microseconds / 1000)"
    }
}
