// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
import OutpostCore

// What a child does with the folder of its run. It has the program's ids by then, so that it can do nothing that the program
// could not, and is charged for it as the program is.

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

/// Makes the links of the folder, and takes the right to write to it away, as its options say. A link that cannot be made is
/// missed by the program that looks for it, and by no other.
///
/// - Returns: 0 or an error number.
func performFurnishRunFolder(_ operation: UnsafePointer<outpost_op>) -> Int32 {
    guard let root = operation.pointee.b, let place = operation.pointee.a else { return EINVAL }
    let folder = RunFolder(
        root: String(cString: root), workingDirectory: String(cString: place),
        options: .init(rawValue: UInt8(truncatingIfNeeded: operation.pointee.value)))
    do throws(SystemError) {
        if folder.options.contains(.isNew) { try folder.link() }
        if folder.options.contains(.compiles) { return try folder.openForCompiler() }
        try folder.seal()
        return 0
    } catch {
        return error.number
    }
}

extension RunFolder {
    /// The directories that have a counterpart in the folder, and that, from the highest on.
    private var levels: [(directory: String, own: String)] {
        guard workingDirectory != "/" else { return [("/", root)] }
        var path = ""
        return workingDirectory.pathComponents.map { name in
            path += "/" + name
            return (path, root + path)
        }
    }

    fileprivate func link() throws(SystemError) {
        try makeDirectory(root)
        for (directory, own) in levels {
            // Code may be the first that comes to a working directory. Where none can be made, entering it tells.
            mkdir(directory, 0o755)
            try makeDirectory(own)
            linkEntries(of: directory, in: own)
        }
    }

    fileprivate func openForCompiler() throws(SystemError) -> Int32 {
        try makeDirectory(made)
        return 0
    }

    fileprivate func seal() throws(SystemError) {
        if options.contains(.isCompiled) {
            linkEntries(of: workingDirectory, in: made)
            try setMode(made, 0o555)
        }
        for (_, own) in levels { try setMode(own, 0o555) }
        try setMode(root, 0o555)
    }

    /// Makes a link to each entry for which there is nothing of this name.
    private func linkEntries(of directory: String, in own: String) {
        guard let entries = opendir(directory) else { return }
        defer { closedir(entries) }
        let target = open(own, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard target >= 0 else { return }
        defer { close(target) }
        let prefix = Array((directory == "/" ? "/" : directory + "/").utf8CString.dropLast())
        let hidden = directory == "/tmp" ? Array(Self.namePrefix.utf8CString.dropLast()) : nil
        var count = 0
        while count < Self.mostLinks, let entry = readdir(entries) {
            let name = entry.name
            if name.dropLast() == [46] || name.dropLast() == [46, 46] { continue }
            if let hidden, name.starts(with: hidden) { continue }
            guard symlinkat(prefix + name, target, name) == 0 || errno == EEXIST else { return }
            count += 1
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
