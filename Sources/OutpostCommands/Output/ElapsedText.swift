// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// For people: `1.2 s`, `2 min 5 s`, `1 h 3 min`. Clocks of two machines may differ, so no time is below zero.
///
/// - Parameter tenths: whether to show tenths of a second, as long as it is less than a minute.
func elapsedText(from start: Timestamp, to end: Timestamp, tenths: Bool = true) -> String {
    let milliseconds = max(0, end.milliseconds - start.milliseconds)
    let seconds = milliseconds / 1000
    if seconds < 60 { return tenths ? "\(seconds).\(milliseconds % 1000 / 100) s" : "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3600) h \(seconds / 60 % 60) min"
}
