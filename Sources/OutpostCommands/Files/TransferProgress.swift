// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import Synchronization

/// Shows how many bytes of a transfer have passed, when standard error is a terminal.
final class TransferProgress: Sendable {
    private let name: String
    private let isVisible: Bool
    private let begun = ContinuousClock.now
    private let state = Mutex(State())

    private struct State {
        var bytes: Int64 = 0
        var total: Int64?
        var shown: ContinuousClock.Instant?
    }

    private static let pause = Duration.milliseconds(100)

    init(_ name: String, total: Int64? = nil, isVisible: Bool = StatusLine.isVisible) {
        self.name = name
        self.isVisible = isVisible
        state.withLock { $0.total = total }
    }

    /// The bytes that have passed.
    var bytes: Int64 { state.withLock { $0.bytes } }

    func expect(_ total: Int64?) { state.withLock { $0.total = total } }

    /// Counts bytes, and updates the line at most ten times in a second.
    func pass(_ count: Int) {
        let now = ContinuousClock.now
        let line = state.withLock { state -> String? in
            state.bytes += Int64(count)
            guard isVisible, state.shown.map({ now - $0 >= Self.pause }) ?? true else { return nil }
            state.shown = now
            return Self.line(
                name, state.bytes, of: state.total, after: now - begun, width: StatusLine.width)
        }
        if let line { StatusLine.show(line) }
    }

    /// Clears the line.
    func end() { if isVisible { StatusLine.clear() } }

    /// Returns the line, such as `data.bin  [#####     ]  50 %  1.2 GiB  310.0 MiB/s`.
    ///
    /// - Parameters:
    ///   - total: bytes of the whole. Nil when they are unknown.
    ///   - width: columns of the terminal.
    static func line(_ name: String, _ bytes: Int64, of total: Int64?, after time: Duration, width: Int) -> String {
        let seconds = max(time / .seconds(1), 0.001)
        let facts = "\(sizeText(Double(bytes)))  \(sizeText(Double(bytes) / seconds))/s"
        guard let total, total > 0 else { return String("\(TextTable.printable(name))  \(facts)".prefix(width - 1)) }
        let part = min(1, Double(bytes) / Double(total))
        let filled = Int(part * Double(barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: barWidth - filled)
        let percent = "\(Int(part * 100)) %"
        return String("\(TextTable.printable(name))  [\(bar)]  \(percent)  \(facts)".prefix(width - 1))
    }

    private static let barWidth = 20
}

/// Returns a number of bytes such as `310.0 MiB`.
func sizeText(_ bytes: Double) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"]
    guard bytes >= 1024 else { return "\(Int(bytes)) B" }
    var (value, unit) = (bytes / 1024, 0)
    while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
    return "\((value * 10).rounded() / 10) \(units[unit])"
}
