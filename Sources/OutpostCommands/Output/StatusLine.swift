// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A line at the end of the terminal that is overwritten in place. The terminal is standard error.
struct StatusLine {
    /// Whether standard error is a terminal that can overwrite a line.
    static var isVisible: Bool {
        isatty(FileHandle.standardError.fileDescriptor) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// The columns of the terminal; 80 when the number is unknown.
    static var width: Int {
        var size = winsize()
        let isKnown = ioctl(FileHandle.standardError.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0
        return isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Overwrites the line. The cursor stays at its end.
    static func show(_ text: String) { write("\r\(text)\u{1B}[K") }

    /// Clears the line. The cursor stays at its start.
    static func clear() { write("\r\u{1B}[K") }

    /// Ignores errors, because the command must go on when the terminal is gone.
    private static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
