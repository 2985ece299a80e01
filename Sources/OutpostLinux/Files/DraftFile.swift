// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
public import OutpostCore

/// A new file that replaces an old one atomically. It has a temporary name in the same folder until it is complete. A
/// concurrent reader sees the old file or the new one. A link, a FIFO or a device at the path is replaced, and never written
/// to (CVE-2024-28185).
public struct DraftFile {
    private let path: String
    private let draft: String
    private let file: Descriptor
    private let isNew: Bool
    private let mode: UInt32?
    private let modified: Int64?

    /// Creates the temporary file.
    ///
    /// - Parameters:
    ///   - mode: the permission bits; nil for those of the old file, or 0644 less the umask without one.
    ///   - modified: the time of the last change in nanoseconds since 1970; nil for that of the last `append`.
    ///   - isNew: whether the path must not exist.
    ///   - token: makes the temporary name unique.
    /// - Throws: `SystemError`: EISDIR when the path is a folder; EEXIST when it exists and `isNew` is true.
    public init(_ path: String, mode: UInt32?, modified: Int64? = nil, isNew: Bool, token: UInt64) throws(SystemError) {
        let there = FileInformation(path)
        if isNew, there != nil { throw SystemError("write", path: path, number: EEXIST) }
        if there?.kind == .directory { throw SystemError("write", path: path, number: EISDIR) }
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), path.utf8.index(after: slash) < path.endIndex
        else {
            throw SystemError("write", path: path, number: EISDIR)
        }
        self.path = path
        self.isNew = isNew
        self.modified = modified
        draft = "\(path[...slash])\(DraftName.make(token))"
        let kept = there.flatMap { $0.kind == .file ? $0.mode : nil }
        self.mode = mode ?? kept
        let draft = draft
        file = Descriptor(
            owning: try shim("open", path: path) { outpost_open_draft(draft, mode ?? kept ?? Self.usualMode) })
    }

    private static let usualMode: UInt32 = 0o644

    /// Appends bytes.
    public func append(_ bytes: [UInt8]) throws(SystemError) { try file.writeAll(bytes) }

    /// Gives the file its name.
    ///
    /// - Returns: the new file's information.
    /// - Throws: `SystemError`. The temporary file is left; `abandon` removes it.
    public func finish() throws(SystemError) -> FileInformation {
        if let modified {
            let time = timespec(nanoseconds: modified)
            try checked("futimens", path: path) { futimens(file.number, [time, time]) }
        }
        if isNew {
            if let mode { try file.setMode(mode) }
            // Unlike a rename, a link fails if the path exists meanwhile.
            try checked("link", path: path) { link(draft, path) }
            try removeEntry(draft)
        } else {
            let mode = if let mode { mode } else { try FileInformation(file).mode }
            try shim("rename", path: path) { outpost_place_draft(file.number, mode, draft, path) }
        }
        return try FileInformation(file)
    }

    /// Removes the temporary file.
    public func abandon() {
        file.closeNow()
        // A failure means that a program has removed it already.
        unlink(draft)
    }
}

/// Copies a symbolic link. Replaces a file or a link at `target` in one step, as `DraftFile` does.
///
/// - Parameter token: makes the temporary name unique.
/// - Throws: `SystemError`. Nothing has changed then: EINVAL when `source` is no link, EISDIR when `target` is a folder.
public func copyLink(_ source: String, to target: String, token: UInt64) throws(SystemError) {
    // Longer than the longest target (PATH_MAX), so the text ends with a zero byte.
    var text = [CChar](repeating: 0, count: 4097)
    try checked("readlink", path: source) { readlink(source, &text, text.count - 1) }
    let draft = "\(directory(of: target))/\(DraftName.make(token))"
    try checked("symlink", path: target) { symlink(text, draft) }
    do throws(SystemError) {
        try renameFile(draft, to: target)
    } catch {
        unlink(draft)
        throw error
    }
}
