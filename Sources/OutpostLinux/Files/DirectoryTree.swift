// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
import OutpostCore

/// Copies a directory with its modes to a new directory. The files are hard links to the same files.
///
/// - Parameter omitted: entries that are left out, as paths below `source` that begin with a slash.
/// - Throws: `SystemError`. A part of the copy can be left.
public func linkTree(_ source: String, to target: String, omitting omitted: Set<String> = []) throws(SystemError) {
    try linkTree(source, to: target, below: "", omitting: omitted)
}

private func linkTree(
    _ source: String, to target: String, below prefix: String, omitting omitted: Set<String>
) throws(SystemError) {
    var status = stat()
    try checked("stat", path: source + prefix) { lstat(source + prefix, &status) }
    try makeDirectory(target + prefix)
    for name in try entries(of: source + prefix) {
        let entry = "\(prefix)/\(name)"
        if omitted.contains(entry) { continue }
        if FileInformation(source + entry)?.kind == .directory {
            try linkTree(source, to: target, below: entry, omitting: omitted)
        } else {
            try checked("linkat", path: target + entry) {
                linkat(AT_FDCWD, source + entry, AT_FDCWD, target + entry, 0)
            }
        }
    }
    try setMode(target + prefix, status.st_mode & 0o7777)
}

/// Makes a directory and everything in it writable for everybody, and sets the times of its files to `seconds` after 1970.
public func openTree(_ path: String, modifiedAt seconds: Int) throws(SystemError) {
    for name in try entries(of: path) {
        let entry = "\(path)/\(name)"
        if FileInformation(entry)?.kind == .directory {
            try openTree(entry, modifiedAt: seconds)
        } else if linkTarget(entry) == nil {
            try setMode(entry, 0o666)
            let time = timespec(tv_sec: seconds, tv_nsec: 0)
            try checked("utimensat", path: entry) { utimensat(AT_FDCWD, entry, [time, time], 0) }
        }
    }
    try setMode(path, 0o777)
}

/// Exchanges two entries of one file system atomically (renameat2(2), RENAME_EXCHANGE).
public func exchangeEntries(_ first: String, _ second: String) throws(SystemError) {
    try shim("renameat2", path: first) { outpost_exchange(first, second) }
}

/// Removes a directory and everything in it, without following links.
///
/// Only for directories that Outpost made on the host. A sandbox's directories are unmounted or unlinked whole, because a
/// program could change them during the removal.
public func removeTree(_ path: String) throws(SystemError) {
    for name in try entries(of: path) {
        let entry = "\(path)/\(name)"
        if FileInformation(entry)?.kind == .directory { try removeTree(entry) } else { try removeEntry(entry) }
    }
    try removeEntry(path)
}
