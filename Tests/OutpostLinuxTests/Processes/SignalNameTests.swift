// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// Signals by the names that people know.
struct SignalNameTests {
    @Test(arguments: [
        (1, "SIGHUP"), (6, "SIGABRT"), (9, "SIGKILL"), (11, "SIGSEGV"), (15, "SIGTERM"), (25, "SIGXFSZ"),
        (31, "SIGSYS"),
        (34, "SIGRTMIN+0"), (64, "SIGRTMIN+30"),
    ])
    func aSignalHasItsName(number: Int32, name: String) {
        #expect(signalName(number) == name)
    }
}
