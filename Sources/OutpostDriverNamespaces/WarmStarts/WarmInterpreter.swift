// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// An interpreter that can be started before its program is known.
struct WarmInterpreter: Hashable, Sendable {
    /// The supported interpreters.
    enum Kind: String, Hashable, Sendable {
        /// Forked from a zygote.
        case python
        /// Started in the sandbox of its program.
        case node
    }

    var kind: Kind
    /// Modules that are imported before the program is known, in this order.
    var preload: [String]

    /// Creates the interpreter of a hint. Nil when this version does not support it.
    init?(_ hint: WarmHint) {
        guard let kind = Kind(rawValue: hint.interpreter) else { return nil }
        self.init(kind, preload: hint.preload)
    }

    /// Creates an interpreter.
    init(_ kind: Kind, preload: [String] = []) {
        self.kind = kind
        self.preload = preload
    }

    /// The smallest memory limit, in MiB, with which a run may use a warm interpreter: the interpreter already uses about
    /// that much.
    var leastMemoryMiB: Int { preload.isEmpty ? 64 : 512 }

    /// Whether the interpreter is forked from a zygote, which is faster than a cold start.
    var isForked: Bool { kind == .python }

    /// Whether the interpreter reads a variable of this name at its start. A running interpreter cannot get another
    /// value.
    func isFixed(_ name: String) -> Bool {
        let own = kind == .python ? "PYTHON" : "NODE_"
        return [own, "LANG", "LC_", "LD_", "MALLOC_", "GLIBC_", "GCONV_", "OUTPOST_"].contains {
            name.utf8.starts(with: $0.utf8)
        }
    }

    /// Whether this program can use a warm interpreter. It must not change a limit that is set at the start of a
    /// process, and it must have ordinary streams. Node.js decides at its start how it writes to its streams.
    func canStart(_ program: ProgramSpec) -> Bool {
        !program.limits.areOfProcess && program.pipes == nil && program.terminal == nil
            && !(program.isInterleaved && kind == .node)
    }
}
