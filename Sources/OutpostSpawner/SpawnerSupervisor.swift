// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Keeps a spawner running. The server has given its privileges up and could not start another; this process has nothing
/// to do but that, so there is nothing that could end it.
public enum SpawnerSupervisor {
    /// Starts a spawner on the server's socket, descriptor 3, and another one whenever it dies, until one ends because the
    /// server is gone. Sandboxes die with the spawner that made them (their parent-death signal).
    ///
    /// - Throws: `SystemError` when a spawner cannot be started.
    public static func serve() throws {
        try Privileges.dieWithParent()
        // The sandboxes of a spawner that died come here to be reaped.
        try Privileges.adoptOrphans()
        let image = try Descriptor.open("/proc/self/exe", .readOnly)
        var early = 0
        while true {
            let started = monotonicNanoseconds()
            let failures = try Descriptor.pipe()
            let child = try ChildProcess.clone(
                sandboxed: false, failures: failures.write,
                [
                    .closeFrom(4),
                    .executeDescriptor(image.number, arguments: ["outpost-init", "spawner-worker"], environment: []),
                ])
            failures.write.closeNow()
            if let failure = try ChildProcess.failure(from: failures.read) {
                throw SystemError("execute the spawner", number: failure.number)
            }
            if try waitReaping(for: child) == .code(0) { return }
            early = monotonicNanoseconds() - started < Self.earlyNanoseconds ? early + 1 : 0
            guard early < mostEarlyDeaths else {
                throw SystemError("start a spawner that lives", number: SystemError.connectionReset)
            }
            // One that cannot set itself up would die as fast as it is started.
            _ = try poll([], milliseconds: early > 2 ? 1 << Int32(early) : 0)
        }
    }

    /// One that dies so soon has not set itself up; a kill from outside comes later, as a rule.
    private static let earlyNanoseconds: UInt64 = 50_000_000
    /// So many of them, one after the other, are the end.
    private static let mostEarlyDeaths = 12

    private static func waitReaping(for child: ChildProcess) throws(SystemError) -> ChildProcess.Exit {
        while true {
            let (pid, exit) = try ChildProcess.waitForAny()
            if pid == child.pid { return exit }
        }
    }
}
