// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// A child that this process cloned.
public struct ChildProcess: Sendable {
    public let pid: Int32
    /// Readable when the child is dead; also the only safe way to signal it (pidfd_open(2)).
    public let pidfd: Descriptor

    /// A process that another one cloned: it can be signalled and watched, not waited for.
    ///
    /// - Throws: `SystemError`; ESRCH when it is dead and reaped (proc_pid_fdinfo(5), "Pid" of a pidfd).
    public init(pidfd: Descriptor) throws(SystemError) {
        let text = try readText("/proc/self/fdinfo/\(pidfd.number)")
        let line = text.split(separator: "\n").first { $0.hasPrefix("Pid:") }
        guard let pid = line.flatMap({ Int32($0.dropFirst(4).drop { $0 == "\t" || $0 == " " }) }), pid > 0 else {
            throw SystemError("find the process of a pidfd", number: ESRCH)
        }
        self.pid = pid
        self.pidfd = pidfd
    }

    private init(pid: Int32, pidfd: Descriptor) {
        self.pid = pid
        self.pidfd = pidfd
    }

    /// How a process ended.
    public enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    /// Where a child's program failed.
    public struct Failure: Error, Hashable, Sendable {
        public let step: Int
        public let number: Int32
    }

    /// Clones and runs `steps` in the child.
    ///
    /// - Parameters:
    ///   - sandboxed: with new user, pid, mount, net, ipc and uts namespaces.
    ///   - creator: whose effective user id this thread has meanwhile, and so the owner of the new user namespace; nil for
    ///     its own. The kernel counts what has a limit for each user (inotify instances and watches, namespaces) at the
    ///     owner too (kernel/ucount.c, `inc_ucount`), so owners that differ keep sandboxes from using up each other's.
    ///   - failures: gets a `Failure`, encoded, when a step fails; close-on-exec, so its end of file without data is
    ///     the exec's success.
    public static func clone(
        sandboxed: Bool, creator: UInt32? = nil, failures: Descriptor, _ steps: [ChildStep]
    ) throws(SystemError) -> ChildProcess {
        let program = ChildProgram(steps)
        var pidfd: Int32 = -1
        let flags = sandboxed ? OUTPOST_CLONE_SANDBOX : 0
        let owner = creator ?? geteuid()
        let pid = program.withOperations { outpost_clone(flags, &pidfd, owner, $0, $1, failures.number) } ?? -EINVAL
        guard pid > 0 else { throw SystemError("clone3", number: -pid) }
        return ChildProcess(pid: pid, pidfd: Descriptor(owning: pidfd))
    }

    /// Runs `steps`, the last of which is `exit(0)`, in a child, and waits for it.
    ///
    /// - Throws: `SystemError` naming the step that failed.
    public static func perform(_ steps: [ChildStep]) throws(SystemError) {
        let program = ChildProgram(steps)
        var failure = outpost_failure()
        let result = program.withOperations { outpost_perform($0, $1, &failure) } ?? -EINVAL
        if result == 0 { return }
        guard result == -ECANCELED, steps.indices.contains(Int(failure.op)) else {
            throw SystemError("run the steps of a child", number: -result)
        }
        throw SystemError(steps[Int(failure.op)].label, number: failure.error)
    }

    /// What the child wrote to its failure pipe, or nil at a clean end of file.
    public static func failure(from pipe: Descriptor) throws(SystemError) -> Failure? {
        var record = outpost_failure()
        let count = try withUnsafeMutableBytes(of: &record) { buffer in
            capture { () throws(SystemError) in try pipe.read(into: buffer) }
        }.get()
        guard let count, count > 0 else { return nil }
        guard count == MemoryLayout<outpost_failure>.size else { return Failure(step: -1, number: EPROTO) }
        return Failure(step: Int(record.op), number: record.error)
    }

    /// Signals the child; one that is dead already is fine.
    public func signal(_ number: Int32) throws(SystemError) {
        do {
            try shim("pidfd_send_signal") { outpost_pidfd_send_signal(pidfd.number, number) }
        } catch  where error.number == ESRCH {
            return
        }
    }

    /// Waits for this child.
    public func wait() throws(SystemError) -> Exit {
        var status: Int32 = 0
        try checked("waitpid") { waitpid(pid, &status, 0) }
        return Exit(waitStatus: status)
    }

    /// Waits for some child.
    public static func waitForAny() throws(SystemError) -> (pid: Int32, exit: Exit) {
        var status: Int32 = 0
        let pid = try checked("waitpid") { waitpid(-1, &status, 0) }
        return (pid, Exit(waitStatus: status))
    }

    /// What a process and the children that it waited for used (getrusage(2)).
    public struct Usage: Hashable, Sendable {
        public let cpuMicroseconds: UInt64
        public let memoryPeakBytes: UInt64

        init(_ usage: rusage) {
            cpuMicroseconds = [usage.ru_utime, usage.ru_stime].reduce(0) { sum, time in
                sum + UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_usec)
            }
            memoryPeakBytes = UInt64(usage.ru_maxrss) << 10
        }
    }

    /// Takes the end of some child that is dead already.
    public static func reapAny() throws(SystemError) -> (pid: Int32, exit: Exit, usage: Usage)? {
        var status: Int32 = 0
        var usage = rusage()
        do {
            let pid = try checked("wait4") { wait4(-1, &status, WNOHANG, &usage) }
            return pid == 0 ? nil : (pid, Exit(waitStatus: status), Usage(usage))
        } catch  where error.number == ECHILD {
            return nil
        }
    }
}

extension ChildProcess.Exit {
    /// Decodes the status of wait(2).
    init(waitStatus status: Int32) {
        let signal = status & 0x7f
        self = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
    }
}
