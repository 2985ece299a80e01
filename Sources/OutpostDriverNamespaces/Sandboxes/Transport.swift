// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostSandboxing
import OutpostWire

/// What connects the host with the agents.
enum Transport: Hashable, Sendable {
    /// What descriptors can be passed over: programs are connected by pipes.
    case descriptors
    /// Bytes, so many of which are sent and taken at once: programs are connected by streams in frames. A cgroup is still
    /// entered by a descriptor.
    case bytes(atOnce: Int)

    var isFramed: Bool { self != .descriptors }

    /// Nil for as many as there are.
    var bytesAtOnce: Int? { if case .bytes(let count) = self { count } else { nil } }
}

extension TerminalSize {
    init(_ terminal: ProcessTerminal) {
        self.init(rows: UInt16(clamping: terminal.rows), columns: UInt16(clamping: terminal.columns))
    }
}
