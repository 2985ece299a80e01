// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore

// Values as people read them in tables and notes.

extension Double {
    /// `1` and `0.5`.
    var text: String {
        let text = description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension Timestamp {
    /// This moment by the clock of this machine.
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// To the second: `2026-11-21T09:41:07Z`.
    var text: String { rfc3339.prefix(19) + "Z" }
}

extension Timestamp? {
    /// The cell of a table.
    var cell: String { self?.text ?? TextTable.absent }
}

/// `1.2 s`, `2 min 5 s`, `1 h 3 min`. The clocks of two machines may differ, so a negative time becomes zero.
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
    /// Which page of the list this is; nil when the list has one page.
    func note(_ noun: String) -> String? {
        totalPages > 1 ? "page \(page) of \(totalPages), \(total) \(noun) in all" : nil
    }
}
