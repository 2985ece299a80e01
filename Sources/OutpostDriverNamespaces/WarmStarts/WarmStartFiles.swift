// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
import OutpostCore
import OutpostLinux

/// The files that warm interpreters and kernels load. They are a part of the image.
///
/// The files and their folder belong to root, in the layer below every sandbox. A warm interpreter may start in a
/// sandbox that has already run a program. It must not load a file that the program's user could have written.
enum WarmStartFiles {
    /// The folder in a sandbox.
    static let directory = "/etc/\(ImagePaths.ownConfiguration)"

    /// Writes the files into the root of an image that no sandbox has mounted.
    ///
    /// - Throws: `SystemError`. Some of the files may be written then.
    static func write(below root: String) throws(SystemError) {
        try makeFolders(below: root)
        for file in PythonFiles.warm + PythonFiles.cold + NodeFiles.warm + KernelFiles.all {
            // Another root may share the existing file (`linkTree`). Therefore it is replaced and not overwritten.
            let draft = "\(root)\(file.path).new"
            try removeEntry(draft)
            let descriptor = try Descriptor.open(draft, [.writeOnly, .create, .exclusive], mode: 0o644)
            try descriptor.writeAll(file.content)
            try descriptor.setMode(0o644)
            try renameFile(draft, to: root + file.path)
        }
    }

    private static func makeFolders(below root: String) throws(SystemError) {
        for folder in [directory, PythonFiles.directory, PythonFiles.coldDirectory, NodeFiles.directory]
            + KernelFiles.directories
        {
            try makeDirectories(root + folder)
            try setMode(root + folder, 0o755)
        }
    }
}

extension outpost_embedded {
    /// The bytes of a file that is embedded in this binary.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: size) }
}
