// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// Sets the file mode mask to 0, so that new files get exactly the requested permissions.
public func clearFileModeMask() { umask(0) }

/// The privileges and signal settings of this process.
public enum Privileges {
    /// Drops all capabilities except `keep` from every set, and sets "no new privileges". It affects this thread only, so
    /// call it before the process has other threads.
    public static func drop(keeping keep: Capabilities = []) throws(SystemError) {
        try shim("drop capabilities") { outpost_drop_capabilities(keep.rawValue) }
        try shim("PR_SET_NO_NEW_PRIVS") { outpost_no_new_privileges() }
    }

    /// Makes the kernel kill this process when its parent dies, for any reason (prctl(2), PR_SET_PDEATHSIG).
    public static func dieWithParent() throws(SystemError) {
        try shim("PR_SET_PDEATHSIG") { outpost_set_parent_death_signal(SIGKILL) }
    }

    /// Makes `/proc/PID` of this process unreadable for others and forbids tracing (prctl(2), PR_SET_DUMPABLE).
    public static func hide() throws(SystemError) {
        try shim("PR_SET_DUMPABLE") { outpost_set_dumpable(0) }
    }

    /// Makes this process the parent of descendants whose parent dies. It must reap them (prctl(2), PR_SET_CHILD_SUBREAPER).
    public static func adoptOrphans() throws(SystemError) {
        try shim("PR_SET_CHILD_SUBREAPER") { outpost_set_subreaper() }
    }

    /// Ignores SIGPIPE, so that a write to a pipe without a reader fails and does not end the process (pipe(7)). Cloned
    /// children have the default again.
    public static func surviveBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// The real user id of this process.
    public static var owner: UInt32 { getuid() }

    /// Sets the saved ids to the real ids. After that only processes of the real user can signal this one (kill(2)).
    public static func stayOwners() throws(SystemError) {
        try shim("setresuid") { outpost_stay_owners() }
    }

    /// Ignores SIGXFSZ, so that a write beyond the file size limit fails with EFBIG and does not end the process
    /// (setrlimit(2), `RLIMIT_FSIZE`).
    public static func surviveFileLimit() { signal(SIGXFSZ, SIG_IGN) }

    /// Whether the effective user is root.
    public static var isRoot: Bool { geteuid() == 0 }
}

/// The memory of this process.
public enum ProcessMemory {
    /// Returns freed memory to the kernel, in whole pages.
    public static func trim() { outpost_trim_memory() }

    /// Makes the allocator map each block from 1 MiB on by itself, so that the kernel gets it back when it is freed.
    ///
    /// Otherwise the allocator raises this threshold to the size of the largest freed block, up to 32 MiB (mallopt(3),
    /// `M_MMAP_THRESHOLD`). It then takes large blocks from the arenas of its threads, which keep them: a server that had
    /// handled outputs of 30 MB kept some 60 MiB in each of ten arenas.
    ///
    /// An arena also keeps up to 1 MiB of free memory at its end (`M_TRIM_THRESHOLD`). Below its default of 128 KiB, the
    /// buffers of streamed output gave their pages back and took new ones all the time: 130,000 page faults for 256 MiB,
    /// and 400 with 1 MiB.
    public static func mapLargeBlocks() { outpost_map_large_blocks(1 << 20) }
}
