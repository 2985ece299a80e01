// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
public import OutpostCore

/// A file on its way to its place: it has a name of its own in the same folder until it is whole, then takes the place of
/// what is there in one step. Whoever reads meanwhile sees the old file or the new one, and a link, a FIFO or a device that
/// a program left at the path is replaced and never written to (CVE-2024-28185).
public struct DraftFile {
    private let path: String
    private let draft: String
    private let file: Descriptor
    private let isNew: Bool
    private let mode: UInt32?

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - mode: its permission bits; nil for those of the file that is there, or 0644 less the umask.
    ///   - isNew: whether nothing may be at the path.
    ///   - token: makes the draft's name its own.
    /// - Throws: `SystemError`: EISDIR for a folder, EEXIST where something is and must not be.
    public init(_ path: String, mode: UInt32?, isNew: Bool, token: UInt64) throws(SystemError) {
        let there = FileInformation(path)
        if isNew, there != nil { throw SystemError("write", path: path, number: EEXIST) }
        if there?.kind == .directory { throw SystemError("write", path: path, number: EISDIR) }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), path.utf8.index(after: slash) < path.endIndex
        else {
            throw SystemError("write", path: path, number: EISDIR)
        }
        self.path = path
        self.isNew = isNew
        draft = "\(path[...slash]).outpost-\(token)"
        let kept = there.flatMap { $0.kind == .file ? $0.mode : nil }
        self.mode = mode ?? kept
        let draft = draft
        file = Descriptor(
            owning: try shim("open", path: path) { outpost_open_draft(draft, mode ?? kept ?? Self.usualMode) })
    }

    private static let usualMode: UInt32 = 0o644

    /// Adds bytes.
    public func append(_ bytes: [UInt8]) throws(SystemError) { try file.writeAll(bytes) }

    /// Puts it in its place.
    ///
    /// - Returns: what is there now.
    /// - Throws: `SystemError`; the draft is there still.
    public func finish() throws(SystemError) -> FileInformation {
        if isNew {
            if let mode { try file.setMode(mode) }
            // Unlike a rename this fails when something has come there meanwhile.
            try checked("link", path: path) { link(draft, path) }
            try removeEntry(draft)
        } else {
            let mode = if let mode { mode } else { try FileInformation(file).mode }
            try shim("rename", path: path) { outpost_place_draft(file.number, mode, draft, path) }
        }
        return try FileInformation(file)
    }

    /// Takes it away.
    public func abandon() {
        file.closeNow()
        // What a program has taken away already is fine.
        unlink(draft)
    }
}
