// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Operations on files with holes.
public enum SparseFile {
    /// Copies `source` to a new file at `target`, keeps its holes, and makes the content durable.
    ///
    /// - Throws: `SystemError`. A partial copy is removed.
    public static func copy(_ source: String, to target: String) throws(SystemError) {
        let from = try Descriptor.open(source, .readOnly)
        let to = try Descriptor.open(target, [.writeOnly, .create, .exclusive], mode: 0o600)
        do throws(SystemError) {
            var status = stat()
            try checked("fstat", path: source) { fstat(from.number, &status) }
            try checked("ftruncate", path: target) { ftruncate(to.number, status.st_size) }
            try copyData(from, to, size: status.st_size)
            try checked("fsync", path: target) { fsync(to.number) }
        } catch {
            unlink(target)
            throw error
        }
    }

    // SEEK_DATA and SEEK_HOLE of lseek(2). Swift's Glibc module lacks them, because the header needs _GNU_SOURCE.
    private static let seekData: Int32 = 3
    private static let seekHole: Int32 = 4

    private static func copyData(_ from: Descriptor, _ to: Descriptor, size: off_t) throws(SystemError) {
        var start: off_t = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while start < size {
            let data = lseek(from.number, start, seekData)
            // ENXIO: the rest of the file is a hole.
            if data < 0 && errno == ENXIO { return }
            guard data >= 0 else { throw SystemError("lseek", number: errno) }
            let end = try checked("lseek") { lseek(from.number, data, seekHole) }
            var position = data
            while position < end {
                let wanted = min(buffer.count, Int(end - position))
                let got = try checked("pread") { pread(from.number, &buffer, wanted, position) }
                let put = try checked("pwrite") { pwrite(to.number, buffer, got, position) }
                if put == 0 { throw SystemError("pwrite", number: ENOSPC) }
                position += off_t(put)
            }
            start = end
        }
    }

    /// Returns the size of a file, and the bytes of its holes, which it takes from the file system when they are filled.
    public static func sizes(_ path: String) throws(SystemError) -> (size: Int, missing: Int) {
        var status = stat()
        try checked("stat", path: path) { stat(path, &status) }
        return (Int(status.st_size), max(0, Int(status.st_size) - Int(status.st_blocks) * 512))
    }
}

/// Renames a file within one file system. The change is atomic: `target` is always the old file or the whole new one.
public func renameFile(_ source: String, to target: String) throws(SystemError) {
    try checked("rename", path: target) { rename(source, target) }
}

/// Makes the name of `path` durable, by syncing its directory.
public func synchronizeDirectory(of path: String) throws(SystemError) {
    try synchronize(directory: directory(of: path))
}

/// Makes the names in a directory durable.
public func synchronize(directory path: String) throws(SystemError) {
    try Descriptor.open(path, [.readOnly, .directory]).sync()
}

/// The path of the directory that `path` is in.
public func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
}
