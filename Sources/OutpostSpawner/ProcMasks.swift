// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The entries of /proc that a sandbox must not see or change.
struct ProcMasks {
    /// Files to hide.
    private let files: [String]
    /// Directories to hide.
    private let directories: [String]
    /// Directories to make read-only.
    private let readOnly: [String]

    /// Finds the entries that this kernel has below `proc`.
    init(proc: String) {
        let hidden = [
            // `fs` shows the journals of all mounted disks, also of other sandboxes, by loop device.
            "acpi", "asound", "cmdline", "config.gz", "fs", "interrupts", "kallsyms", "kcore", "keys", "key-users",
            "kpagecgroup",
            "kpagecount", "kpageflags", "latency_stats",
            // A reader takes the lock that every lock of a file on the host needs (`file_rwsem`, fs/locks.c).
            "locks", "modules", "sched_debug", "scsi", "slabinfo", "softirqs",
            "sysrq-trigger", "timer_list", "timer_stats", "vmallocinfo",
        ]
        // Entries that only the owner can read belong to the host's root, who has no id in a sandbox. The kernel protects them
        // without a mount, and fewer mounts make each start faster.
        let open = hidden.filter { isOpenToOthers("\(proc)/\($0)") }
        func isDirectory(_ name: String) -> Bool { FileInformation("\(proc)/\(name)")?.kind == .directory }
        files = open.filter { !isDirectory($0) }
        directories = open.filter(isDirectory)
        // A program could write triggers of pressure stall information. Each waits for a grace period of the kernel at its
        // end, so their process does not die when it is killed (`psi_trigger_destroy`, kernel/sched/psi.c).
        readOnly = ["bus", "irq", "pressure", "sys"].filter(isDirectory)
    }

    /// The steps that mount /dev/null over files and an empty file system over directories. This /dev/null is the device that
    /// the spawner made for the sandbox, never one from an image (CVE-2025-31133). The mounts of /dev/null are read-only and
    /// not executable, as the sandbox's /dev is.
    ///
    /// The steps use the old mount(2), which takes the lock of all mounts of the host (`namespace_sem`, fs/namespace.c) once
    /// for a bind. open_tree(2) and move_mount(2) take it once each.
    func steps(root: String) -> [ChildStep] {
        let proc = "\(root)/proc"
        var steps = files.map { name in
            Self.bind("\(root)/dev/null", at: "\(proc)/\(name)")
        }
        steps += directories.map { name in
            .mount(
                source: "tmpfs", target: "\(proc)/\(name)", type: "tmpfs", options: "size=4k,nr_inodes=2,mode=0555",
                flags: MountFlags.plain | MountFlags.noExecute | MountFlags.readOnly)
        }
        for path in readOnly.map({ "\(proc)/\($0)" }) {
            steps.append(Self.bind(path, at: path))
            steps.append(.restrictMount(path, attributes: MountAttributes.readOnly.rawValue))
        }
        return steps
    }

    private static func bind(_ source: String, at target: String) -> ChildStep {
        .mount(source: source, target: target, type: "", options: "", flags: MountFlags.bind)
    }
}
