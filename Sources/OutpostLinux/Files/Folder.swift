// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
public import OutpostCore

/// An open folder. Its operations use names of entries and no paths, so a program that renames folders meanwhile cannot
/// redirect them. Names are bytes, as in the kernel.
public final class Folder {
    private let stream: OpaquePointer
    private let number: Int32

    /// Opens the folder at a path; a link at the path's end is followed.
    public convenience init(_ path: String) throws(SystemError) {
        try self.init(Descriptor.open(path, [.readOnly, .directory, .nonBlocking]))
    }

    /// Opens a folder inside another folder. Fails for a link.
    public convenience init(_ name: [UInt8], in parent: Folder) throws(SystemError) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let number = try withName(name) { name throws(SystemError) in
            try checked("openat") { openat(parent.number, name, flags) }
        }
        try self.init(Descriptor(owning: number))
    }

    private init(_ descriptor: Descriptor) throws(SystemError) {
        let own = try descriptor.duplicate()
        guard let stream = fdopendir(own.number) else { throw SystemError("fdopendir", number: errno) }
        self.stream = stream
        number = dirfd(stream)
        // The stream owns the descriptor now and closes it.
        own.release()
    }

    deinit { closedir(stream) }

    /// Returns the name of the next entry, in no order; nil after the last.
    public func next() throws(SystemError) -> [UInt8]? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("readdir", number: errno) }
                return nil
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [dot] && name != [dot, dot] { return name }
        }
    }

    /// Returns the information of an entry, without following a link.
    public func details(of name: [UInt8]) throws(SystemError) -> FileInformation {
        var status = stat()
        try withName(name) { name throws(SystemError) in
            try checked("fstatat") { fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) }
        }
        return FileInformation(status)
    }

    /// Returns the target of a link, unresolved.
    public func target(of name: [UInt8]) throws(SystemError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try withName(name) { name throws(SystemError) in
            try checked("readlinkat") { readlinkat(number, name, &buffer, buffer.count) }
        }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    /// Removes an entry: an empty folder if `isFolder` is true, otherwise an entry that is no folder.
    public func remove(_ name: [UInt8], isFolder: Bool) throws(SystemError) {
        try withName(name) { name throws(SystemError) in
            try checked("unlinkat") { unlinkat(number, name, isFolder ? AT_REMOVEDIR : 0) }
        }
    }
}

private let dot = UInt8(ascii: ".")

/// Calls `body` with a name as a C string.
///
/// - Throws: EINVAL for a name that is empty or has a slash or a zero byte.
@discardableResult
private func withName<Success>(
    _ name: [UInt8], _ body: (UnsafePointer<CChar>) throws(SystemError) -> Success
) throws(SystemError) -> Success {
    guard !name.isEmpty, !name.contains(0), !name.contains(UInt8(ascii: "/")) else {
        throw SystemError("name an entry", number: EINVAL)
    }
    let terminated = name.map { CChar(bitPattern: $0) } + [0]
    return try terminated.withUnsafeBufferPointer { buffer in
        capture { () throws(SystemError) in
            guard let start = buffer.baseAddress else { throw SystemError("name an entry", number: EINVAL) }
            return try body(start)
        }
    }.get()
}
