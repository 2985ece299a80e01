// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// The entries that this server has checked or written itself, so that none has to be read as a whole twice.
final class CheckedEntries: Sendable {
    private struct Entry {
        let stamp: UInt64
        let facts: KeptProgram.Facts
    }

    private let entries = Mutex<[CompilationKey: Entry]>([:])

    func facts(_ key: CompilationKey, stamp: UInt64) -> KeptProgram.Facts? {
        entries.withLock { entries in entries[key].flatMap { $0.stamp == stamp ? $0.facts : nil } }
    }

    func add(_ facts: KeptProgram.Facts, _ key: CompilationKey, stamp: UInt64) {
        // What a compiler said can be long; an entry without this is checked once more.
        guard facts.stdout.bytes.count + facts.stderr.bytes.count <= Self.mostOutput else { return }
        entries.withLock { entries in
            if entries.count >= Self.mostEntries { entries = [:] }
            entries[key] = Entry(stamp: stamp, facts: facts)
        }
    }

    private static let mostEntries = 4096
    private static let mostOutput = 4096
}
