// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The way of an image to its sealed name. It may end after any step: the image is then whole, under one name or the other,
/// and `SealedDiskFolder.restore` takes the steps that are missing.
struct Sealing {
    enum Step: CaseIterable {
        /// The content is on the host's disk before the name says so.
        case synchronize
        case makeFolder
        case rename
        /// Not even its owner may write to it: the server has no right to overlook that (capabilities(7)).
        case protect
        /// A power loss does not take the name back.
        case synchronizeNames
    }

    /// Unmounted and locked, so that nobody mounts it before it is protected.
    let image: Descriptor
    let source: String
    let target: String

    func run() throws(SystemError) {
        for step in Step.allCases { try perform(step) }
    }

    func perform(_ step: Step) throws(SystemError) {
        switch step {
        case .synchronize: try image.sync()
        case .makeFolder:
            let folder = directory(of: target)
            try makeDirectories(folder, mode: 0o700)
            try synchronizeDirectory(of: folder)
            try synchronizeDirectory(of: directory(of: folder))
        case .rename: try renameFile(source, to: target)
        case .protect:
            try image.setMode(SealedDiskFolder.mode)
            try image.sync()
        case .synchronizeNames:
            try synchronizeDirectory(of: target)
            try synchronizeDirectory(of: source)
        }
    }
}
