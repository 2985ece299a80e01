// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The moments at which streams show that they are alive while nothing happens.
///
/// Each moment is a whole second on a clock that all streams share. So one wake of the processor serves many streams.
public enum SignOfLife {
    /// The longest time until a sign.
    public static let interval = Duration.seconds(15)
    private static let start = ContinuousClock.now

    /// The time until the next sign of a stream: at most `interval`, and at most a second less.
    public static var wait: Duration { wait(at: start.duration(to: .now)) }

    /// - Parameter time: on the clock of all streams.
    static func wait(at time: Duration) -> Duration {
        interval - Duration(secondsComponent: 0, attosecondsComponent: time.components.attoseconds)
    }
}
