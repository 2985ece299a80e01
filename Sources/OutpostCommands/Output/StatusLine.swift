// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The last line of a terminal at standard error, written anew in place. Where standard error is no terminal it is not
/// written at all.
struct StatusLine {
    /// Whether a person sees it.
    static var isVisible: Bool {
        isatty(FileHandle.standardError.fileDescriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Columns of the terminal.
    static var width: Int {
        var size = winsize()
        let isKnown = ioctl(FileHandle.standardError.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0
        return isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Replaces what the line shows; the cursor stays at its end.
    static func show(_ text: String) { write("\r\(text)\u{1B}[K") }

    /// Leaves the line empty, with the cursor at its start.
    static func clear() { write("\r\u{1B}[K") }

    /// A terminal that has gone away is no reason to stop waiting.
    private static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
