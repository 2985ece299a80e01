// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The steps that seal an image. A crash may come after any step. The image is then complete under its old or its new
/// name, and `SealedDiskFolder.restore` completes the sealing.
struct Sealing {
    enum Step: CaseIterable {
        /// Writes the content to the host's disk, before the image gets its sealed name.
        case synchronize
        case makeFolder
        case rename
        /// Makes the image read-only, even for its owner. The server has no capability to override this (capabilities(7)).
        case protect
        /// Makes the rename survive a power loss.
        case synchronizeNames
    }

    /// The image. It is locked, or durable and being unmounted. Its lock prevents a mount before the image is protected.
    let image: Descriptor
    let source: String
    let target: String

    func run() throws(SystemError) {
        for step in Step.allCases { try perform(step) }
    }

    /// Gives the image its old name again after a step has failed.
    func undo() throws(SystemError) {
        guard !exists(source), exists(target) else { return }
        try image.setMode(Self.usualMode)
        try renameFile(target, to: source)
        try synchronizeDirectory(of: source)
    }

    /// The mode of an image that is not sealed.
    private static let usualMode: UInt32 = 0o600

    func perform(_ step: Step) throws(SystemError) {
        switch step {
        case .synchronize: try image.sync()
        case .makeFolder:
            let folder = directory(of: target)
            if exists(folder) { return }
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
