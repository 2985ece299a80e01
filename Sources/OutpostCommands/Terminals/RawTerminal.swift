// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import Synchronization

/// The terminal on standard input in raw mode: each key goes to the remote process, also Ctrl-C and Ctrl-Z.
///
/// The mode is undone by `end`, and by the kernel's signals for faults of this process.
enum RawTerminal {
    /// The mode before. A signal handler reads it, so it is plain memory that is written before `isRaw`.
    nonisolated(unsafe) private static var before = termios()
    private static let isRaw = Atomic<Bool>(false)

    /// Whether standard input is a terminal.
    static var isPresent: Bool { isatty(STDIN_FILENO) == 1 }

    /// Starts raw mode. Does nothing when standard input is no terminal.
    ///
    /// - Throws: `unavailable` when the terminal refuses.
    static func begin() throws(OutpostError) {
        guard isPresent, !isRaw.load(ordering: .acquiring) else { return }
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { throw refusal }
        isRaw.store(true, ordering: .releasing)
        for fault in faults { signal(fault, endByFault) }
        try resume()
    }

    /// Starts raw mode again, after another process had the terminal. Does nothing after `end`.
    ///
    /// - Throws: `unavailable` when the terminal refuses.
    static func resume() throws(OutpostError) {
        guard isRaw.load(ordering: .acquiring) else { return }
        var mode = before
        cfmakeraw(&mode)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0 else { throw refusal }
    }

    /// Restores the mode from before `begin`. Does nothing without a `begin`.
    static func end() {
        guard isRaw.exchange(false, ordering: .acquiringAndReleasing) else { return }
        restore()
        for fault in faults { signal(fault, SIG_DFL) }
    }

    /// Restores the mode for a while, until `resume`.
    static func suspend() { if isRaw.load(ordering: .acquiring) { restore() } }

    /// The signals of faults in this process.
    private static let faults = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE]

    private static let refusal = OutpostError(.unavailable, "the terminal does not change its mode")

    /// Both calls are async-signal-safe (signal-safety(7)).
    private static func restore() { _ = tcsetattr(STDIN_FILENO, TCSANOW, &before) }

    private static let endByFault: @convention(c) (Int32) -> Void = { number in
        if RawTerminal.isRaw.load(ordering: .acquiring) { RawTerminal.restore() }
        signal(number, SIG_DFL)
        raise(number)
    }

    /// The size of the terminal on standard output or standard input; nil when there is none.
    static var size: ProcessTerminal? {
        for descriptor in [STDOUT_FILENO, STDIN_FILENO] {
            var size = winsize()
            guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { continue }
            return ProcessTerminal(rows: Int(size.ws_row), columns: Int(size.ws_col))
        }
        return nil
    }
}
