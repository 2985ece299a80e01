// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostLinux

/// What interpreters load that are started before their program, as a part of the image.
///
/// It is root's, in a directory of root's, in the layer below every sandbox: an interpreter may start in a sandbox that
/// has run a program before, and reads nothing then that the program's user could have written.
enum WarmStartFiles {
    /// In a sandbox.
    static let directory = "/etc/\(ImagePaths.ownConfiguration)"

    /// Writes the files into the root of an image that no sandbox has mounted.
    ///
    /// - Throws: `SystemError`; some of the files may be there.
    static func write(below root: String) throws(SystemError) {
        try makeFolders(below: root)
        for file in PythonFiles.warm + PythonFiles.cold + NodeFiles.warm {
            // The file that is there may be another root's too (`linkTree`).
            let draft = "\(root)\(file.path).new"
            try removeEntry(draft)
            let descriptor = try Descriptor.open(draft, [.writeOnly, .create, .exclusive], mode: 0o644)
            try descriptor.writeAll(file.content)
            try descriptor.setMode(0o644)
            try renameFile(draft, to: root + file.path)
        }
    }

    private static func makeFolders(below root: String) throws(SystemError) {
        for folder in [directory, PythonFiles.directory, PythonFiles.coldDirectory, NodeFiles.directory] {
            try makeDirectories(root + folder)
            try setMode(root + folder, 0o755)
        }
    }
}

extension outpost_embedded {
    /// A part of this binary.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: size) }
}
