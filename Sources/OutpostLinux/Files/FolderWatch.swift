// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What the kernel tells of changes in folders (inotify(7)).
public struct FolderWatch: Sendable {
    public struct Event: Hashable, Sendable {
        public enum Kind: Sendable {
            case created, modified, deleted, movedFrom, movedTo
            /// The folder itself is gone, or was moved away.
            case gone
            /// The kernel watches the folder no more.
            case ended
            /// More has happened than the kernel could keep.
            case overflow
        }

        public let kind: Kind
        /// The folder, as `add` numbered it.
        public let folder: Int32
        public let isFolder: Bool
        /// The same for both halves of a move.
        public let cookie: UInt32
        /// Of the entry; empty for the folder itself.
        public let name: [UInt8]
    }

    /// Becomes readable when something has happened.
    public let descriptor: Descriptor

    public init() throws(SystemError) {
        descriptor = Descriptor(
            owning: try checked("inotify_init1") { inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)) })
    }

    private static let wanted =
        IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF

    /// Watches a folder.
    ///
    /// - Parameter followsLink: whether a link at the path's end is followed.
    /// - Returns: its number; a folder has one number however often it is added.
    /// - Throws: `SystemError`: ENOSPC when the user may watch no more folders.
    public func add(_ path: String, followsLink: Bool = false) throws(SystemError) -> Int32 {
        try checked("inotify_add_watch", path: path) {
            inotify_add_watch(
                descriptor.number, path,
                UInt32(Self.wanted) | UInt32(IN_ONLYDIR) | (followsLink ? 0 : UInt32(IN_DONT_FOLLOW)))
        }
    }

    /// Watches a folder no more.
    public func remove(_ folder: Int32) { _ = inotify_rm_watch(descriptor.number, folder) }

    /// Takes what has happened; nothing when there is nothing yet.
    public func read() throws(SystemError) -> [Event] {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        guard let count = try descriptor.read(into: &buffer) else { return [] }
        var events: [Event] = []
        var at = 0
        while at + 16 <= count {
            let (folder, mask, cookie, length) = buffer.withUnsafeBytes { bytes in
                (
                    bytes.loadUnaligned(fromByteOffset: at, as: Int32.self),
                    bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self),
                    bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt32.self),
                    Int(bytes.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self))
                )
            }
            let name = Array(buffer[(at + 16)..<min(count, at + 16 + length)].prefix { $0 != 0 })
            at += 16 + length
            guard let kind = Event.Kind(mask) else { continue }
            events.append(
                Event(kind: kind, folder: folder, isFolder: mask & UInt32(IN_ISDIR) != 0, cookie: cookie, name: name))
        }
        return events
    }
}

extension FolderWatch.Event.Kind {
    fileprivate init?(_ mask: UInt32) {
        func has(_ flag: Int32) -> Bool { mask & UInt32(bitPattern: flag) != 0 }
        if has(Int32(IN_Q_OVERFLOW)) {
            self = .overflow
        } else if has(Int32(IN_IGNORED)) {
            self = .ended
        } else if has(Int32(IN_DELETE_SELF)) || has(Int32(IN_MOVE_SELF)) {
            self = .gone
        } else if has(Int32(IN_CREATE)) {
            self = .created
        } else if has(Int32(IN_MODIFY)) || has(Int32(IN_ATTRIB)) {
            self = .modified
        } else if has(Int32(IN_DELETE)) {
            self = .deleted
        } else if has(Int32(IN_MOVED_FROM)) {
            self = .movedFrom
        } else if has(Int32(IN_MOVED_TO)) {
            self = .movedTo
        } else {
            return nil
        }
    }
}
