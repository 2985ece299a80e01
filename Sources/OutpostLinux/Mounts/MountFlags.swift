// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

/// The flags of mount(2) that sandboxes use.
public enum MountFlags {
    /// No set-user-ID programs and no devices. Every file system of a sandbox has these flags.
    public static let plain: UInt64 = OUTPOST_MS_NOSUID | OUTPOST_MS_NODEV
    public static let noSetUID: UInt64 = OUTPOST_MS_NOSUID
    public static let noExecute: UInt64 = OUTPOST_MS_NOEXEC
    public static let readOnly: UInt64 = OUTPOST_MS_RDONLY
    /// Shows a file or directory at a second path. The mount has the restrictions of its source.
    public static let bind: UInt64 = OUTPOST_MS_BIND
}

/// The options of prctl(2) that children use.
public enum ProcessControl {
    public static let keepCapabilities = OUTPOST_PR_KEEPCAPS
    public static let noNewPrivileges = OUTPOST_PR_NO_NEW_PRIVS
    public static let parentDeathSignal = OUTPOST_PR_PDEATHSIG
    public static let secureBits = OUTPOST_PR_SECUREBITS
    public static let dumpable = OUTPOST_PR_DUMPABLE
}

/// The kinds of namespaces that a program gets in addition to those of its sandbox (clone(2)).
public enum NamespaceFlags {
    public static let cgroup = OUTPOST_CLONE_NEWCGROUP
    public static let ipc = OUTPOST_CLONE_NEWIPC
    public static let mounts = OUTPOST_CLONE_NEWNS
}
