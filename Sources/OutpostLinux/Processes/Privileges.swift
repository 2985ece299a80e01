// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Has files and nodes that this process makes get exactly the permissions that are asked for.
public func clearFileModeMask() { umask(0) }

/// What a process can give up about itself.
public enum Privileges {
    /// Keeps only `keep`, in every set and in this thread: call it before any other thread exists.
    public static func drop(keeping keep: Capabilities = []) throws(SystemError) {
        try shim("drop capabilities") { outpost_drop_capabilities(keep.rawValue) }
        try shim("PR_SET_NO_NEW_PRIVS") { outpost_no_new_privileges() }
    }

    /// The kernel sends SIGKILL when the parent dies, even by SIGKILL (prctl(2), PR_SET_PDEATHSIG).
    public static func dieWithParent() throws(SystemError) {
        try shim("PR_SET_PDEATHSIG") { outpost_set_parent_death_signal(SIGKILL) }
    }

    /// Makes `/proc/PID` of this process unreadable for others and forbids tracing (prctl(2), PR_SET_DUMPABLE).
    public static func hide() throws(SystemError) {
        try shim("PR_SET_DUMPABLE") { outpost_set_dumpable(0) }
    }

    /// Descendants whose parent dies become this process's children, to be reaped here (prctl(2), PR_SET_CHILD_SUBREAPER).
    public static func adoptOrphans() throws(SystemError) {
        try shim("PR_SET_CHILD_SUBREAPER") { outpost_set_subreaper() }
    }

    /// Writing to what nobody reads any more is an error like any other, and not this process's end (pipe(7), SIGPIPE). Children
    /// that it clones have the default again.
    public static func surviveBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// The real user id of this process.
    public static var owner: UInt32 { getuid() }

    /// Takes the real ids as the saved ones. Only a process of the real user can signal this one then (kill(2)).
    public static func stayOwners() throws(SystemError) {
        try shim("setresuid") { outpost_stay_owners() }
    }

    /// A file that grows beyond its limit fails with EFBIG and does not end the process (setrlimit(2), `RLIMIT_FSIZE`).
    public static func surviveFileLimit() { signal(SIGXFSZ, SIG_IGN) }

    public static var isRoot: Bool { geteuid() == 0 }
}
