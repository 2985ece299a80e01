// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
public import OutpostCore

extension CgroupTree {
    /// Kills every process of a cgroup.
    ///
    /// With version 2 the kernel does it in one pass that no fork can outrun (`cgroup.kill`, Linux 5.14), and what outlives
    /// that is frozen and signalled by itself. Else the tree is frozen, each process gets SIGKILL, and it is thawed: a process
    /// that version 1 has frozen does not die until then.
    ///
    /// - Throws: `SystemError`; a cgroup that is gone is fine.
    public func kill(_ name: String) throws(SystemError) {
        do throws(SystemError) {
            guard let unified = layout.unified else { return try signalFrozen(name) }
            let file = "\(path(unified, name))/cgroup.kill"
            // Beside version 2 a run does not join the freezer of version 1, which then holds nothing of it.
            guard files.exists(file) else { return try signalAll(name) }
            try files.write(file, "1")
            // `cgroup.kill` signals nothing but the first thread of a process (kernel/cgroup/cgroup.c, `__cgroup_kill`). When
            // that has ended while others go on, none takes its place (kernel/signal.c, `complete_signal`; seen on Linux
            // 6.18). A signal to the process reaches all.
            if try !processes(name).isEmpty { try signalFrozen(name) }
        } catch {
            if error.number != SystemError.notFound && error.number != SystemError.noDevice { throw error }
        }
    }

    /// Kills each process while none of them can fork.
    private func signalFrozen(_ name: String) throws(SystemError) {
        try setFrozen(true, name)
        var failure: SystemError?
        do throws(SystemError) { try signalAll(name) } catch { failure = error }
        // Whatever happened, a tree must not stay frozen: with version 1 it could never be killed.
        try setFrozen(false, name)
        if let failure { throw failure }
    }

    /// Stops every process of a cgroup, and of all below it, where it is, or lets them go on (`cgroup.freeze`, Linux 5.2;
    /// the freezer of version 1 where there is no version 2). A cgroup that is gone is fine.
    public func setFrozen(_ isFrozen: Bool, _ name: String) throws(SystemError) {
        do throws(SystemError) {
            if let unified = layout.unified {
                try files.write("\(path(unified, name))/cgroup.freeze", isFrozen ? "1" : "0")
            } else if let freezer = layout.legacy["freezer"] {
                try files.write("\(path(freezer, name))/freezer.state", isFrozen ? "FROZEN" : "THAWED")
            }
        } catch {
            if error.number != SystemError.notFound && error.number != SystemError.noDevice { throw error }
        }
    }

    /// Signals until a pass finds no process that it has not signalled before.
    private func signalAll(_ name: String) throws(SystemError) {
        var signalled: Set<Int32> = []
        while true {
            let fresh = try processes(name).filter { !signalled.contains($0) }
            if fresh.isEmpty { return }
            for pid in fresh {
                signalled.insert(pid)
                // Between reading and signalling it may have died; its number cannot be reused while it is a zombie of
                // the sandbox's init.
                if Glibc.kill(pid, SIGKILL) != 0 && errno != ESRCH { throw SystemError("kill", number: errno) }
            }
        }
    }

    /// Whether every process of the cgroup has let go of its memory and its files; a cgroup that is gone is empty.
    /// The kernel lists a dying process until then (`cgroup_exit` follows `exit_mm` and `exit_files`, Linux 5.2).
    public func isEmpty(_ name: String) throws(SystemError) -> Bool {
        guard let mount = layout.hierarchies.first else { return true }
        do throws(SystemError) {
            return try files.read("\(path(mount, name))/cgroup.procs").isEmpty
        } catch {
            if error.number == SystemError.notFound || error.number == SystemError.noDevice { return true }
            throw error
        }
    }

    /// Has every thread of a cgroup run on these processors, and what it starts from now on. What starts meanwhile may be
    /// missed, and then runs where it did before. A cgroup that is gone is fine.
    public func setAffinity(_ name: String, to processors: ProcessorSet) throws(SystemError) {
        var placed: Set<Int32> = []
        for _ in 0..<Self.placings {
            let fresh = try threads(name).filter { !placed.contains($0) }
            if fresh.isEmpty { return }
            for thread in fresh { processors.setAffinity(of: thread) }
            placed.formUnion(fresh)
        }
    }

    /// Looks for new threads; a program that starts one after the other must not keep this process for long.
    private static var placings: Int { 4 }

    private func threads(_ name: String) throws(SystemError) -> [Int32] {
        guard let mount = layout.hierarchies.first else { return [] }
        return try numbers("\(path(mount, name))/\(mount == layout.unified ? "cgroup.threads" : "tasks")")
    }

    /// The processes of a cgroup that this process can name; empty when it is gone.
    public func processes(_ name: String) throws(SystemError) -> [Int32] {
        guard let mount = layout.hierarchies.first else { return [] }
        return try numbers("\(path(mount, name))/cgroup.procs")
    }

    private func numbers(_ path: String) throws(SystemError) -> [Int32] {
        do throws(SystemError) {
            let text = try files.read(path)
            // A process of another pid namespace is listed as 0, and a signal to 0 goes to this process's own group.
            return text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 0 }
        } catch {
            if error.number == SystemError.notFound || error.number == SystemError.noDevice { return [] }
            throw error
        }
    }
}
