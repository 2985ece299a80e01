// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
public import OutpostCore

// What a child does with the folder of its run. It has the program's ids by then, so that it can do nothing that the program
// could not, and is charged for it as the program is.
//
// What is done for every program are steps that the child need only follow: it has a copy of its parent's memory, and each
// page of it that it writes to costs, so that the same in Swift took half a millisecond. Only what is rare is Swift.

/// Removes what is at the root of the folder: an earlier run's, or what a program has put there. What is too much to be
/// removed in short time is moved out of the way.
///
/// - Returns: 0 or an error number.
func performClearRunFolder(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    guard let root = operation.pointee.b else { return EINVAL }
    var status = stat()
    if lstat(root, &status) != 0 { return errno == ENOENT ? 0 : errno }
    removeProgramsTree(root)
    if lstat(root, &status) != 0 { return errno == ENOENT ? 0 : errno }
    return rename(root, "\(String(cString: root))-left-\(getpid())") == 0 ? 0 : errno
}

extension RunFolder {
    /// Makes the links of the folder, and takes the right to write to it away, as its options say. A link that cannot be made
    /// is missed by the program that looks for it, and by no other.
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
                    // Code may be the first that comes to a working directory. Where none can be made, entering it tells.
                    .makeDirectory(level.directory, mode: 0o755, isOptional: true),
                    .makeDirectory(level.own, mode: 0o755), linkingEntries(of: level.directory, in: level.own),
                ]
            }
    }

    private func linkingEntries(of directory: String, in own: String) -> ChildStep {
        .linkEntries(
            of: directory, in: own, except: directory == "/tmp" ? Self.namePrefix : nil, most: Self.mostLinks)
    }

    /// The directories that have a counterpart in the folder, and that, from the highest on.
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
    /// The bytes of the name and the zero behind them.
    fileprivate var name: [CChar] {
        withUnsafePointer(to: &pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
            }
        }
    }
}

/// Removes what is at `path` with everything in it, following no link, as far as that takes no more than a moment.
private func removeProgramsTree(_ path: UnsafePointer<CChar>) {
    var budget = mostRemoved
    removeEntry(AT_FDCWD, Array(UnsafeBufferPointer(start: path, count: strlen(path) + 1)), depth: 0, &budget)
}

private let mostRemoved = 50_000
private let deepestRemoved = 64

private func removeEntry(_ parent: Int32, _ name: [CChar], depth: Int, _ budget: inout Int) {
    budget -= 1
    guard budget > 0, depth < deepestRemoved else { return }
    // A directory is refused as one (unlink(2)), whoever owns it.
    if unlinkat(parent, name, 0) == 0 { return }
    guard errno == EISDIR || errno == EPERM || errno == EACCES else { return }
    // A link would be gone by now.
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
