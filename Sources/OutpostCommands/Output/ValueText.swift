// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore

// The text of values in tables and notes.

extension Double {
    /// The number without `.0` at its end: `1` or `0.5`.
    var text: String {
        let text = description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension Timestamp {
    /// The present time by the clock of this machine.
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// The time to the second: `2026-11-21T09:41:07Z`.
    var text: String { rfc3339.prefix(19) + "Z" }
}

extension Timestamp? {
    /// The time, or the cell for a missing value.
    var cell: String { self?.text ?? TextTable.absent }
}

/// Returns a time such as `1.2 s`, `2 min 5 s` or `1 h 3 min`. A negative time becomes zero, because the clocks of
/// client and server can differ.
///
/// - Parameter tenths: whether to show tenths of a second when the time is less than a minute.
func elapsedText(from start: Timestamp, to end: Timestamp, tenths: Bool = true) -> String {
    let milliseconds = max(0, end.milliseconds - start.milliseconds)
    let seconds = milliseconds / 1000
    if seconds < 60 { return tenths ? "\(seconds).\(milliseconds % 1000 / 100) s" : "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3600) h \(seconds / 60 % 60) min"
}

extension Page {
    /// Returns a note with the number of the page; nil when the list has only one page.
    func note(_ noun: String) -> String? {
        totalPages > 1 ? "page \(page) of \(totalPages), \(total) \(noun) in all" : nil
    }
}
