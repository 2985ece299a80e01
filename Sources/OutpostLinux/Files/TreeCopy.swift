// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc
import OutpostCore

/// Copies a directory to a new one, with modes, and with its files as further links to the same files.
///
/// - Parameter omitted: entries of `source` that are left out, by path below it.
/// - Throws: `SystemError`; a part of the copy may be there.
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

/// Lets everybody write to a directory and all that is in it, and dates its files `seconds` after 1970.
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

/// Exchanges two entries of one file system, so that neither name is without one at any time.
public func exchangeEntries(_ first: String, _ second: String) throws(SystemError) {
    try shim("renameat2", path: first) { outpost_exchange(first, second) }
}
