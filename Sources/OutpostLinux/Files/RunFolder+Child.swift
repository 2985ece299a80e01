// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
public import OutpostCore

// The child's work on its run folder. The child has the program's user ids by then: it has only the program's rights, and the
// work counts against the program's limits.
//
// Work that every run needs is done by steps in C. A child shares its parent's memory copy-on-write, and Swift code in the
// child writes to many pages: the same work in Swift took half a millisecond. Only rare work is in Swift.

/// Removes the entry at the root of the folder, which an earlier run or a program left there. If it has too many files to
/// remove them quickly, it is renamed.
///
/// - Returns: 0 or an errno.
func performClearRunFolder(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    guard let root = operation.pointee.b else { return EINVAL }
    var status = stat()
    if lstat(root, &status) != 0 { return errno == ENOENT ? 0 : errno }
    removeProgramsTree(root)
    if lstat(root, &status) != 0 { return errno == ENOENT ? 0 : errno }
    return rename(root, "\(String(cString: root))-left-\(getpid())") == 0 ? 0 : errno
}

extension RunFolder {
    /// The steps that make the folder's links and then make it read-only, as its options say. A link that cannot be made is
    /// no error: only a program that needs it is affected.
    public var furnishing: [ChildStep] {
        var steps = options.contains(.isNew) ? linking : []
        if options.contains(.compiles) { return steps + [.makeDirectory(made, mode: 0o755)] }
        if options.contains(.isCompiled) {
            steps += [linkingEntries(of: workingDirectory, in: made), .setMode(made, 0o555)]
        }
        return steps + levels.map { .setMode($0.own, 0o555) } + [.setMode(root, 0o555)]
    }

    private var linking: [ChildStep] {
        [.makeDirectory(root, mode: 0o755)]
            + levels.flatMap { level -> [ChildStep] in
                [
                    // The working directory may not exist yet. If it cannot be made, the step that enters it fails.
                    .makeDirectory(level.directory, mode: 0o755, isOptional: true),
                    .makeDirectory(level.own, mode: 0o755), linkingEntries(of: level.directory, in: level.own),
                ]
            }
    }

    private func linkingEntries(of directory: String, in own: String) -> ChildStep {
        .linkEntries(
            of: directory, in: own, except: directory == "/tmp" ? Self.namePrefix : nil, most: Self.mostLinks)
    }

    /// The working directory and its parents, each with its counterpart in the folder; the topmost first.
    private var levels: [(directory: String, own: String)] {
        guard workingDirectory != "/" else { return [("/", root)] }
        var path = ""
        return workingDirectory.pathComponents.map { name in
            path += "/" + name
            return (path, root + path)
        }
    }
}

extension UnsafeMutablePointer<dirent> {
    /// The name with its terminating zero.
    fileprivate var name: [CChar] {
        withUnsafePointer(to: &pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
            }
        }
    }
}

/// Removes the entry at `path` and everything in it, without following links. Stops after `mostRemoved` entries.
private func removeProgramsTree(_ path: UnsafePointer<CChar>) {
    var budget = mostRemoved
    removeEntry(AT_FDCWD, Array(UnsafeBufferPointer(start: path, count: strlen(path) + 1)), depth: 0, &budget)
}

private let mostRemoved = 50_000
private let deepestRemoved = 64

private func removeEntry(_ parent: Int32, _ name: [CChar], depth: Int, _ budget: inout Int) {
    budget -= 1
    guard budget > 0, depth < deepestRemoved else { return }
    // For a directory this fails, also for its owner (unlink(2)).
    if unlinkat(parent, name, 0) == 0 { return }
    guard errno == EISDIR || errno == EPERM || errno == EACCES else { return }
    // The entry is no link: the call above would have removed one.
    fchmodat(parent, name, 0o700, 0)
    let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard directory >= 0 else { return }
    guard let entries = fdopendir(directory) else {
        close(directory)
        return
    }
    while budget > 0, let entry = readdir(entries) {
        let inner = entry.name
        if inner.dropLast() == [46] || inner.dropLast() == [46, 46] { continue }
        removeEntry(directory, inner, depth: depth + 1, &budget)
    }
    closedir(entries)
    unlinkat(parent, name, AT_REMOVEDIR)
}
