// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics

extension Timer {
    /// Records how long something took.
    public func record(_ duration: Duration) { recordNanoseconds(Int64(duration / .nanoseconds(1))) }
}
