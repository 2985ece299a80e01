// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Watches folders for changes (inotify(7)).
public struct FolderWatch: Sendable {
    /// A change in a watched folder.
    public struct Event: Hashable, Sendable {
        /// The kind of a change.
        public enum Kind: Sendable {
            case created, modified, deleted, movedFrom, movedTo
            /// The folder itself was deleted or moved.
            case gone
            /// The kernel has ended the watch of the folder.
            case ended
            /// The kernel's queue was full, and events are lost.
            case overflow
        }

        /// The kind of the change.
        public let kind: Kind
        /// The number of the folder, from `add`.
        public let folder: Int32
        /// Whether the entry is a folder.
        public let isFolder: Bool
        /// The same number in both events of a move.
        public let cookie: UInt32
        /// The name of the entry; empty for the folder itself.
        public let name: [UInt8]
    }

    /// Becomes readable when there is an event.
    public let descriptor: Descriptor

    private static let wanted =
        IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF

    /// Makes a watch without folders. It does not block.
    public init() throws(SystemError) {
        descriptor = Descriptor(
            owning: try checked("inotify_init1") { inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC)) })
    }

    /// Adds a folder. Its path is bytes, as in the kernel.
    ///
    /// - Parameter followsLink: whether a link at the path's end is followed.
    /// - Returns: the number of the folder. Adding the same folder again returns the same number.
    /// - Throws: `SystemError`: ENOSPC at the user's limit of watches.
    public func add(_ path: [UInt8], followsLink: Bool = false) throws(SystemError) -> Int32 {
        let flags = UInt32(Self.wanted) | UInt32(IN_ONLYDIR) | (followsLink ? 0 : UInt32(IN_DONT_FOLLOW))
        let text = path.map { CChar(bitPattern: $0) } + [0]
        return try checked("inotify_add_watch", path: String(decoding: path, as: UTF8.self)) {
            inotify_add_watch(descriptor.number, text, flags)
        }
    }

    /// Removes a folder from the watch.
    public func remove(_ folder: Int32) { _ = inotify_rm_watch(descriptor.number, folder) }

    /// Returns the events that have happened; none when there are none yet. Does not block.
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
