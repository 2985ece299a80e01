// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
public import OutpostCore

extension SystemError {
    /// Whether a call failed because the cgroup has been removed: ENOENT, or ENODEV for a file that was open already.
    public var meansNoCgroup: Bool { number == Self.notFound || number == Self.noDevice }
}

extension CgroupTree {
    /// Kills every process of a cgroup.
    ///
    /// With version 2 the kernel kills all processes in one pass, also those that fork meanwhile (`cgroup.kill`, Linux
    /// 5.14). If some survive that, this method freezes the cgroup and signals each process.
    /// With version 1 it always freezes the cgroup, sends SIGKILL to each process and thaws it. A process that version 1 has
    /// frozen dies only after the thaw.
    ///
    /// - Throws: `SystemError`. A missing cgroup is no error.
    public func kill(_ name: String) throws(SystemError) {
        do throws(SystemError) {
            guard let unified = layout.unified else { return try signalFrozen(name) }
            let file = "\(path(unified, name))/cgroup.kill"
            // On a hybrid host a run does not join the version 1 freezer, so freezing there would have no effect.
            guard files.exists(file) else { return try signalAll(name) }
            try files.write(file, "1")
            // `cgroup.kill` signals only the first thread of a process (kernel/cgroup/cgroup.c, `__cgroup_kill`). If that
            // thread has ended, the other threads survive (kernel/signal.c, `complete_signal`; seen on Linux 6.18). A signal
            // to the whole process reaches them.
            if try !processes(name).isEmpty { try signalFrozen(name) }
        } catch {
            if !error.meansNoCgroup { throw error }
        }
    }

    /// Freezes the cgroup, so that no process can fork, and kills each process.
    private func signalFrozen(_ name: String) throws(SystemError) {
        try setFrozen(true, name)
        var failure: SystemError?
        do throws(SystemError) { try signalAll(name) } catch { failure = error }
        // Thaw after a failure too: version 1 cannot kill a frozen process.
        try setFrozen(false, name)
        if let failure { throw failure }
    }

    /// The file of a cgroup that makes the kernel take back its memory, and what to write there: `memory.reclaim` (Linux 5.19),
    /// or `memory.force_empty` of version 1. The write fails when something of it stays. Nil when the kernel has no such file.
    public func reclaiming(_ name: String) throws(SystemError) -> (file: String, value: String)? {
        if let unified = layout.unified, layout.isUnified(.memory) {
            let file = "\(path(unified, name))/memory.reclaim"
            return files.exists(file) ? (file, String(try memoryBytes(name))) : nil
        }
        return layout.legacy["memory"].map { ("\(path($0, name))/memory.force_empty", "0") }
    }

    /// Freezes or thaws every process of a cgroup and of the cgroups below it. Uses `cgroup.freeze` (Linux 5.2), or the
    /// version 1 freezer on a host without version 2. A missing cgroup is no error.
    public func setFrozen(_ isFrozen: Bool, _ name: String) throws(SystemError) {
        do throws(SystemError) {
            if let unified = layout.unified {
                try files.write("\(path(unified, name))/cgroup.freeze", isFrozen ? "1" : "0")
            } else if let freezer = layout.legacy["freezer"] {
                try files.write("\(path(freezer, name))/freezer.state", isFrozen ? "FROZEN" : "THAWED")
            }
        } catch {
            if !error.meansNoCgroup { throw error }
        }
    }

    /// Whether `setFrozen` has frozen a cgroup. A missing cgroup is not frozen.
    public func isFrozen(_ name: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            if let unified = layout.unified {
                return try files.read("\(path(unified, name))/cgroup.freeze").hasPrefix("1")
            }
            guard let freezer = layout.legacy["freezer"] else { return false }
            return try !files.read("\(path(freezer, name))/freezer.state").hasPrefix("THAWED")
        } catch {
            if error.meansNoCgroup { return false }
            throw error
        }
    }

    /// Sends SIGKILL to each process, and repeats that until a pass finds no new process.
    private func signalAll(_ name: String) throws(SystemError) {
        var signalled: Set<Int32> = []
        while true {
            let fresh = try processes(name).filter { !signalled.contains($0) }
            if fresh.isEmpty { return }
            for pid in fresh {
                signalled.insert(pid)
                // The process may have died since the list was read. Its number is not reused while it is a zombie of the
                // sandbox's init.
                if Glibc.kill(pid, SIGKILL) != 0 && errno != ESRCH { throw SystemError("kill", number: errno) }
            }
        }
    }

    /// Whether the cgroup has no processes. A missing cgroup is empty.
    ///
    /// The kernel lists a dying process until its memory and files are released (`cgroup_exit` follows `exit_mm` and
    /// `exit_files`, Linux 5.2).
    public func isEmpty(_ name: String) throws(SystemError) -> Bool {
        guard let mount = layout.hierarchies.first else { return true }
        do throws(SystemError) {
            return try files.read("\(path(mount, name))/cgroup.procs").isEmpty
        } catch {
            if error.meansNoCgroup { return true }
            throw error
        }
    }

    /// Sets the CPU affinity of every thread of a cgroup; their later children inherit it (sched_setaffinity(2)). A thread
    /// that starts during the call can be missed and then keeps its old affinity. A missing cgroup is no error.
    public func setAffinity(_ name: String, to processors: ProcessorSet) throws(SystemError) {
        var changed: Set<Int32> = []
        for _ in 0..<Self.affinityPasses {
            let fresh = try threads(name).filter { !changed.contains($0) }
            if fresh.isEmpty { return }
            for thread in fresh { processors.setAffinity(of: thread) }
            changed.formUnion(fresh)
        }
    }

    /// The most passes over the threads. The bound keeps a program that always starts new threads from blocking the spawner.
    private static var affinityPasses: Int { 4 }

    /// The ids of the threads of a cgroup, as this process's pid namespace numbers them. Empty for a missing cgroup.
    public func threads(_ name: String) throws(SystemError) -> [Int32] {
        guard let mount = layout.hierarchies.first else { return [] }
        return try numbers("\(path(mount, name))/\(mount == layout.unified ? "cgroup.threads" : "tasks")")
    }

    /// The ids of the processes of a cgroup, as this process's pid namespace numbers them. Processes outside of that
    /// namespace are left out. Empty for a missing cgroup.
    public func processes(_ name: String) throws(SystemError) -> [Int32] {
        guard let mount = layout.hierarchies.first else { return [] }
        return try numbers("\(path(mount, name))/cgroup.procs")
    }

    private func numbers(_ path: String) throws(SystemError) -> [Int32] {
        do throws(SystemError) {
            let text = try files.read(path)
            // A process outside of this pid namespace is listed as 0. A signal to 0 would go to this process's own group.
            return text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
        } catch {
            if error.meansNoCgroup { return [] }
            throw error
        }
    }
}
