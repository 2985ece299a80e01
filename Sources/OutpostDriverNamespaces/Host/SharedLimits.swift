// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// Checks the limits of the kernel that all sandboxes and the host share.
enum SharedLimits {
    /// The default of `max_concurrent_runs`.
    static let runs = 256

    static func checks() -> [HostCheck] {
        [processes(), filters(), watches("instances", each: 128), watches("watches", each: 16_384), sockets()]
            + [modules(), privateUserFiles()]
    }

    /// Returns the number at the start of a file. Nil when there is none.
    static func number(_ path: String) -> Int? {
        guard let text = try? readText(path) else { return nil }
        return Int(text.prefix { $0.isNumber })
    }

    private static func processes() -> HostCheck {
        let most = (try? HostFacts.mostProcesses()) ?? 0
        let wanted = runs * ResourceLimits.shippedDefaults.maxProcesses
        // The host's own processes need some too.
        let isEnough = most >= wanted + 4096
        return HostCheck(
            "processes", isEnough ? .ok : .note, "at most \(most), \(runs) runs may have \(wanted)",
            advice: isEnough
                ? ""
                : "sysctl kernel.pid_max=4194304 and kernel.threads-max, or lower max_concurrent_runs or "
                    + "limits.max_processes")
    }

    /// The two seccomp filters of a program take about 32 KiB of machine code. Programs cannot install more.
    private static func filters() -> HostCheck {
        let limit = number("/proc/sys/net/core/bpf_jit_limit") ?? 0
        let used = filterBytes().map { "\($0 >> 10) KiB" } ?? "unknown (only root can read it)"
        let isEnough = limit == 0 || limit >= runs * (32 << 10) * 4
        return HostCheck(
            "machine code of filters", isEnough ? .ok : .note, "in use \(used), at most \(limit >> 10) KiB",
            advice: isEnough ? "" : "sysctl net.core.bpf_jit_limit=134217728: no run can start when it is used up")
    }

    private static func filterBytes() -> Int? {
        guard let text = try? readText("/proc/vmallocinfo") else { return nil }
        return text.split(separator: "\n").filter { $0.contains("bpf_") }.compactMap { line in
            line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }.reduce(0, +)
    }

    private static func watches(_ name: String, each: Int) -> HostCheck {
        let most = number("/proc/sys/fs/inotify/max_user_\(name)") ?? 0
        let isEnough = most >= runs * each
        return HostCheck(
            "inotify \(name)", isEnough ? .ok : .note, "at most \(most) for all interpreters of one zygote",
            advice: isEnough
                ? ""
                : "the server raises fs.inotify.max_user_\(name) if it can write /proc/sys; it has not done so here")
    }

    private static func sockets() -> HostCheck {
        guard let layout = try? CgroupLayout.detect() else {
            return HostCheck("memory of sockets", .missing, "unknown", advice: "mount /proc")
        }
        if layout.isUnified(.memory) { return HostCheck("memory of sockets", .ok, "charged to the run (v2)") }
        let file = "\(layout.legacy[CgroupController.memory.rawValue] ?? "")/memory.kmem.tcp.limit_in_bytes"
        let isThere = exists(file)
        return HostCheck(
            "memory of sockets", isThere ? .ok : .note, isThere ? "bounded for each run (v1)" : "not bounded",
            advice: isThere ? "" : "boot with cgroup v2, or a kernel whose v1 has memory.kmem.tcp.limit_in_bytes")
    }

    /// Before Linux 6.14 the kernel searches a module when any program executes a file of an unknown format.
    private static func modules() -> HostCheck {
        let isOn =
            exists("/proc/sys/kernel/modprobe") && number("/proc/sys/kernel/modules_disabled") == 0
            && ((try? readText("/proc/cmdline"))?.split { $0 == " " || $0 == "\n" }.contains("nomodule") == false)
        return HostCheck(
            "loading of modules", isOn ? .note : .ok, isOn ? "on" : "off",
            advice: isOn ? "sysctl kernel.modules_disabled=1 after the host has loaded all its modules" : "")
    }

    /// The root user of a sandbox can read the files of the host's root in `/usr`.
    private static func privateUserFiles() -> HostCheck {
        let shown = 5
        let found = privateFiles(below: "/usr", limit: shown + 1)
        let names = found.prefix(shown).joined(separator: " ") + (found.count > shown ? " and more" : "")
        return HostCheck(
            "private files in /usr", found.isEmpty ? .ok : .note, found.isEmpty ? "none" : names,
            advice: "with security.user: root a program reads them; move secrets out of /usr")
    }
}
