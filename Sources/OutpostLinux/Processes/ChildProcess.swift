// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// A process and its pidfd, usually a child that this process cloned.
public struct ChildProcess: Sendable {
    /// The process id in this process's pid namespace.
    public let pid: Int32
    /// Becomes readable when the process is dead. Signals go through it, because a pid can be reused (pidfd_open(2)).
    public let pidfd: Descriptor

    /// A process that another process cloned. It can be signalled and watched, but not waited for.
    ///
    /// - Throws: `SystemError`: ESRCH when the process is dead and reaped (proc_pid_fdinfo(5), "Pid" of a pidfd).
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
        /// It exited with this code.
        case code(Int32)
        /// This signal killed it.
        case signal(Int32)
    }

    /// The step that failed in a child.
    public struct Failure: Error, Hashable, Sendable {
        /// The index of the step; -1 when the child's report is damaged.
        public let step: Int
        /// The errno.
        public let number: Int32
    }

    /// Clones a child, which runs `steps`.
    ///
    /// - Parameters:
    ///   - sandboxed: whether the child gets new user, pid, mount, net, ipc and uts namespaces.
    ///   - creator: the owner of the new user namespace; nil for this thread's user. The thread takes this effective user id
    ///     during the clone. The kernel also counts per-user limits (inotify instances and watches, namespaces) for the owner
    ///     (kernel/ucount.c, `inc_ucount`), so sandboxes with different owners cannot use up each other's limits.
    ///   - failures: the end of a pipe that the child writes an encoded `Failure` to when a step fails. It is close-on-exec:
    ///     an end of file without data means that the exec succeeded.
    /// - Throws: `SystemError` when the clone fails.
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

    /// Runs `steps` in a child and waits for its end. The last step must be `exit(0)`.
    ///
    /// - Throws: `SystemError` with the label of the step that failed.
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

    /// Reads a child's failure pipe. Nil when the pipe has no data: at its end, or not yet if it does not block.
    public static func failure(from pipe: Descriptor) throws(SystemError) -> Failure? {
        var record = outpost_failure()
        let count = try withUnsafeMutableBytes(of: &record) { buffer in
            capture { () throws(SystemError) in try pipe.read(into: buffer) }
        }.get()
        guard let count, count > 0 else { return nil }
        guard count == MemoryLayout<outpost_failure>.size else { return Failure(step: -1, number: EPROTO) }
        return Failure(step: Int(record.op), number: record.error)
    }

    /// Sends a signal to the process. A dead process is no error.
    public func signal(_ number: Int32) throws(SystemError) {
        do {
            try shim("pidfd_send_signal") { outpost_pidfd_send_signal(pidfd.number, number) }
        } catch  where error.number == ESRCH {
            return
        }
    }

    /// Waits for the end of this child and reaps it. Blocks.
    public func wait() throws(SystemError) -> Exit {
        var status: Int32 = 0
        try checked("waitpid") { waitpid(pid, &status, 0) }
        return Exit(waitStatus: status)
    }

    /// Waits for the end of any child and reaps it. Blocks.
    public static func waitForAny() throws(SystemError) -> (pid: Int32, exit: Exit) {
        var status: Int32 = 0
        let pid = try checked("waitpid") { waitpid(-1, &status, 0) }
        return (pid, Exit(waitStatus: status))
    }

    /// The resources that a process and the children that it reaped used (getrusage(2)).
    public struct Usage: Hashable, Sendable {
        /// User and system time.
        public let cpuMicroseconds: UInt64
        /// The largest resident set of one of the processes.
        public let memoryPeakBytes: UInt64

        init(_ usage: rusage) {
            cpuMicroseconds = [usage.ru_utime, usage.ru_stime].reduce(0) { sum, time in
                sum + UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_usec)
            }
            memoryPeakBytes = UInt64(usage.ru_maxrss) << 10
        }
    }

    /// Reaps a dead child. Nil when no child is dead. Does not block.
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
