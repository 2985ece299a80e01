// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// How an interpreter is started before its program is known.
struct WarmInterpreter: Hashable, Sendable {
    /// The interpreters that can be.
    enum Kind: String, Hashable, Sendable {
        /// Forked from one that runs already.
        case python
        /// Started in the sandbox that it will run in.
        case node
    }

    var kind: Kind
    /// Modules that are imported ahead, in this order.
    var preload: [String]

    /// Nil for an interpreter that this version cannot hold ready.
    init?(_ hint: WarmHint) {
        guard let kind = Kind(rawValue: hint.interpreter) else { return nil }
        self.init(kind, preload: hint.preload)
    }

    init(_ kind: Kind, preload: [String] = []) {
        self.kind = kind
        self.preload = preload
    }

    /// The smallest memory limit, in MiB, with which a run may use a warm interpreter: the interpreter already uses about
    /// that much.
    var leastMemoryMiB: Int { preload.isEmpty ? 64 : 512 }

    /// Whether the interpreter is forked from a zygote, which is faster than a cold start.
    var isForked: Bool { kind == .python }

    /// Whether the interpreter reads a variable of this name at its start, so that one that runs already cannot be given
    /// another value.
    func isFixed(_ name: String) -> Bool {
        let own = kind == .python ? "PYTHON" : "NODE_"
        return [own, "LANG", "LC_", "LD_", "MALLOC_", "GLIBC_", "GCONV_", "OUTPOST_"].contains {
            name.utf8.starts(with: $0.utf8)
        }
    }

    /// Whether such a program can start from an interpreter that waits: nothing that is set when a process starts may differ,
    /// nor may its streams be others. Node.js chooses then how it writes to them.
    func canStart(_ program: ProgramSpec) -> Bool {
        !program.limits.areOfProcess && program.pipes == nil && program.terminal == nil
            && !(program.isInterleaved && kind == .node)
    }
}
