// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostCore

/// Returns the bytes of a small file, such as one in /proc or of a cgroup.
///
/// - Throws: `SystemError`: EFBIG when the file has more than `limit` bytes.
public func readFile(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
    try readFile(Descriptor.open(path, .readOnly), path: path, limit: limit)
}

func readFile(_ descriptor: Descriptor, path: String, limit: Int) throws(SystemError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
        guard let count = try descriptor.read(into: &buffer), count > 0 else { return result }
        result += buffer[..<count]
        if result.count > limit { throw SystemError("read", path: path, number: EFBIG) }
    }
}

/// Returns the text of a file of at most 1 MiB.
public func readText(_ path: String) throws(SystemError) -> String {
    String(decoding: try readFile(path), as: UTF8.self)
}

/// Writes `text` in one call of write(2). Cgroup files and id maps need that.
public func writeFile(
    _ path: String, _ text: String, flags: OpenFlags = .writeOnly, mode: UInt32 = 0
) throws(SystemError) {
    let descriptor = try Descriptor.open(path, flags, mode: mode)
    var text = text
    try text.withUTF8 { bytes in
        capture { () throws(SystemError) in
            _ = try checked("write", path: path) { Glibc.write(descriptor.number, bytes.baseAddress, bytes.count) }
        }
    }.get()
}

/// Makes a directory, unless the path exists.
///
/// - Returns: whether it made the directory.
@discardableResult
public func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) -> Bool {
    do {
        try checked("mkdir", path: path) { mkdir(path, mode) }
        return true
    } catch  where error.number == EEXIST {
        return false
    }
}

/// Makes a directory and its missing parents.
public func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
        prefix += "/" + part
        try makeDirectory(prefix, mode: mode)
    }
}

/// Whether an entry is at `path`. A dangling link counts.
public func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
}

/// Returns the names in a directory, sorted, without `.` and `..`.
public func entries(of path: String) throws(SystemError) -> [String] {
    guard let directory = opendir(path) else { throw SystemError("opendir", path: path, number: errno) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Returns the free bytes for users without privileges on the file system of `path` (statvfs(3), `f_bavail`).
public func freeBytes(at path: String) throws(SystemError) -> Int {
    var status = statvfs()
    try checked("statvfs", path: path) { statvfs(path, &status) }
    return Int(status.f_bavail) * Int(status.f_frsize)
}

/// Whether the mode of `path` gives others any permission. False for a missing entry.
public func isOpenToOthers(_ path: String) -> Bool {
    FileInformation(path).map { $0.mode & 0o007 != 0 } ?? false
}

/// Makes a symbolic link at `path` to `target`. Replaces a file or a link that is there.
public func replaceLink(_ path: String, target: String) throws(SystemError) {
    if exists(path) { try checked("unlink", path: path) { unlink(path) } }
    try checked("symlink", path: path) { symlink(target, path) }
}

/// Makes a link at `path`, where nothing may exist. It is another name of the file `target` if `isHard` is true, and otherwise a
/// symbolic link.
///
/// - Throws: `SystemError`, such as EEXIST.
public func makeLink(_ path: String, target: String, isHard: Bool) throws(SystemError) {
    if isHard {
        try checked("link", path: path) { link(target, path) }
    } else {
        try checked("symlink", path: path) { symlink(target, path) }
    }
}

/// The target of the link at `path`, unresolved. Nil when there is no link.
public func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Sets the permissions of `path`, independent of the file mode mask.
public func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
    try checked("chmod", path: path) { chmod(path, mode) }
}

/// Removes a file, a link or an empty directory. A missing entry is no error.
public func removeEntry(_ path: String) throws(SystemError) {
    do throws(SystemError) {
        try checked("remove", path: path) { remove(path) }
    } catch {
        if error.number != ENOENT { throw error }
    }
}

/// Writes a new file with the times of the file `model`. What was compiled from `model` then counts as compiled from the new
/// file.
///
/// - Throws: `SystemError`: EEXIST when the path exists.
public func writeFile(
    _ path: String, bytes: [UInt8], mode: UInt32, datedAs model: String
) throws(SystemError) {
    let file = try Descriptor.open(path, [.writeOnly, .create, .exclusive], mode: mode)
    try file.writeAll(bytes)
    var status = stat()
    try checked("stat", path: model) { stat(model, &status) }
    try checked("futimens", path: path) { futimens(file.number, [status.st_atim, status.st_mtim]) }
}
