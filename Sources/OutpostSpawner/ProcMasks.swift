// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// What of /proc a sandbox must not see or change, as far as this kernel has it.
struct ProcMasks {
    private let files: [String]
    private let directories: [String]
    private let readOnly: [String]

    /// Looks which of the entries exist below `proc`.
    init(proc: String) {
        let hidden = [
            // `fs` has the journals of all disks that are mounted, of each sandbox by its loop device.
            "acpi", "asound", "cmdline", "config.gz", "fs", "interrupts", "kallsyms", "kcore", "keys", "key-users",
            "kpagecgroup",
            "kpagecount", "kpageflags", "latency_stats", "modules", "sched_debug", "scsi", "slabinfo", "softirqs",
            "sysrq-trigger", "timer_list", "timer_stats", "vmallocinfo",
        ]
        // What only its owner may read belongs to the host's root, who has no id in any sandbox: the kernel refuses it by
        // itself, and each mount less makes every start faster.
        let open = hidden.filter { isOpenToOthers("\(proc)/\($0)") }
        func isDirectory(_ name: String) -> Bool { FileInformation("\(proc)/\(name)")?.kind == .directory }
        files = open.filter { !isDirectory($0) }
        directories = open.filter(isDirectory)
        readOnly = ["bus", "irq", "sys"].filter(isDirectory)
    }

    /// Covers files with /dev/null, which is the sandbox's own and was made by us, never taken from an image
    /// (CVE-2025-31133), and directories with an empty file system.
    func steps(root: String) -> [ChildStep] {
        let proc = "\(root)/proc"
        var steps = files.map { name in
            ChildStep.bind(
                source: "\(root)/dev/null", target: "\(proc)/\(name)",
                attributes: MountAttributes.readOnly.union(.noExecute).rawValue)
        }
        steps += directories.map { name in
            .mount(
                source: "tmpfs", target: "\(proc)/\(name)", type: "tmpfs", options: "size=4k,nr_inodes=2,mode=0555",
                flags: MountFlags.plain | MountFlags.noExecute | MountFlags.readOnly)
        }
        steps += readOnly.map { name in
            .bind(
                source: "\(proc)/\(name)", target: "\(proc)/\(name)",
                attributes: MountAttributes([.readOnly, .noSetUID, .noDevices, .noExecute]).rawValue)
        }
        return steps
    }
}
