// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Removes a directory with everything in it, following no link.
///
/// Meant for directories that this product made on the host, never for a sandbox's: those are unmounted or unlinked
/// whole.
public func removeTree(_ path: String) throws(SystemError) {
    for name in try entries(of: path) {
        let entry = "\(path)/\(name)"
        if FileInformation(entry)?.kind == .directory { try removeTree(entry) } else { try removeEntry(entry) }
    }
    try removeEntry(path)
}
