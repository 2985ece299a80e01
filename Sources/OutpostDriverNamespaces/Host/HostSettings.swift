// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// Checks host settings with which one tenant could stop all others or the host.
enum HostSettings {
    static func checks() -> [HostCheck] {
        [files(), userLimits(), pipes(), coreDumps(), memoryPanic(), promisedMemory()]
    }

    private static func number(_ name: String) -> Int {
        SharedLimits.number("/proc/sys/\(name)") ?? 0
    }

    /// The server has no capability. It cannot open a file when all files of the host are in use.
    private static func files() -> HostCheck {
        let most = number("fs/file-max")
        let processes = SharedLimits.runs * ResourceLimits.shippedDefaults.maxProcesses
        let isEnough = most >= processes * Int(GuestProgram.openFiles)
        return HostCheck(
            "files of the host", isEnough ? .ok : .note, "at most \(most)",
            advice: isEnough ? "" : "the server raises fs.file-max if it can write /proc/sys; it has not done so here")
    }

    /// All interpreters that are forked from one zygote together have the server's limits (`CreatorLimits`).
    private static func userLimits() -> HostCheck {
        let wanted: [(ResourceLimit, name: String, each: UInt64)] = [
            (.processes, "NPROC", 128), (.pendingSignals, "SIGPENDING", 4096),
            (.messageQueueBytes, "MSGQUEUE", GuestProgram.usualQueueBytes),
        ]
        CreatorLimits.lift()
        let few = wanted.filter { CreatorLimits.bound($0.0) < $0.each * GuestProgram.forks }.map(\.name)
        return HostCheck(
            "limits of one user", few.isEmpty ? .ok : .note,
            few.isEmpty
                ? "enough for 256 forked interpreters"
                : "\(few.joined(separator: ", ")): not enough for 256 forked interpreters",
            advice: few.isEmpty ? "" : few.map { "Limit\($0)=infinity" }.joined(separator: ", ") + " in the unit")
    }

    /// The kernel counts the server's pipes for root.
    private static func pipes() -> HostCheck {
        let most = number("fs/pipe-user-pages-hard")
        return HostCheck(
            "pipes of one user", most == 0 ? .ok : .note, most == 0 ? "not bounded" : "at most \(most) pages",
            advice: most == 0 ? "" : "sysctl fs.pipe-user-pages-hard=0: no run starts when root's are used up")
    }

    private static func coreDumps() -> HostCheck {
        let isAllowed = HostFacts.allowsCoreLimit()
        return HostCheck(
            "limit of core dumps", isAllowed ? .ok : .missing, isAllowed ? "can be set" : "cannot be set",
            advice: isAllowed
                ? ""
                : "ulimit -Hc unlimited, or LimitCORE=infinity in the unit: programs get 1 byte")
    }

    /// The value 2 causes a panic even when a run exceeds its own limit (Documentation/admin-guide/sysctl/vm.rst).
    private static func memoryPanic() -> HostCheck {
        let isOn = number("vm/panic_on_oom") != 0
        return HostCheck(
            "panic when memory runs out", isOn ? .note : .ok, isOn ? "on" : "off",
            advice: isOn ? "sysctl vm.panic_on_oom=0: a program could stop the host" : "")
    }

    /// Programs may map any amount of memory that they do not use.
    private static func promisedMemory() -> HostCheck {
        let isStrict = number("vm/overcommit_memory") == 2
        return HostCheck(
            "promised memory", isStrict ? .note : .ok, isStrict ? "bounded for the whole host" : "not bounded",
            advice: isStrict ? "sysctl vm.overcommit_memory=0: one run can reserve all memory of the host" : "")
    }
}
