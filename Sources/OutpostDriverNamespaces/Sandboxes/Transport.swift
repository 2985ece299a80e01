// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostWire

/// The connection between the host and the agents.
enum Transport: Hashable, Sendable {
    /// It can carry descriptors. Programs use pipes.
    case descriptors
    /// It carries only bytes, with this maximum in one read or write. Programs use framed streams. Only the cgroup is
    /// still entered by a descriptor.
    case bytes(atOnce: Int)

    /// Whether programs use framed streams.
    var isFramed: Bool { self != .descriptors }

    /// The maximum number of bytes in one read or write. Nil for no maximum.
    var bytesAtOnce: Int? { if case .bytes(let count) = self { count } else { nil } }
}

extension TerminalSize {
    init(_ terminal: ProcessTerminal) {
        self.init(rows: UInt16(clamping: terminal.rows), columns: UInt16(clamping: terminal.columns))
    }
}
