// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostWire

/// Keeps a spawner running, and keeps tenants from crowding the kernel's locks (`CrowdControl`). The server has dropped its
/// privileges and cannot start another spawner. No request can end this process.
public enum SpawnerSupervisor {
    /// Starts a spawner on the server's socket, descriptor 3, and a new one after each unexpected end. Descriptor 4 is the socket
    /// of `CrowdControl`. Returns when a spawner ends with code 0, because the server has closed the socket. Sandboxes die with their spawner (parent-death signal).
    ///
    /// - Throws: `SystemError` when a spawner cannot be started, or when 12 in a row die at once.
    public static func serve() throws {
        try Privileges.dieWithParent()
        // After a spawner's death its sandboxes become children of this process and are reaped here.
        try Privileges.adoptOrphans()
        let image = try Descriptor.open("/proc/self/exe", .readOnly)
        let signals = try ChildSignals()
        var crowds = try CrowdControl(MessageSocket(Descriptor(owning: 4)))
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
            if try serve(child, signals, &crowds) == .code(0) { return }
            early = monotonicNanoseconds() - started < Self.earlyNanoseconds ? early + 1 : 0
            guard early < mostEarlyDeaths else {
                throw SystemError("start a spawner that keeps running", number: SystemError.connectionReset)
            }
            // A spawner that always fails at its start must not be restarted in a fast loop.
            _ = try poll([], milliseconds: early > 2 ? 1 << Int32(early) : 0)
        }
    }

    /// A spawner that ends before this has failed at its start. On a busy machine the start takes most of it. Kills from
    /// outside are not so close to each other.
    private static let earlyNanoseconds: UInt64 = 1_000_000_000
    /// The number of early deaths in a row after which the supervisor ends.
    private static let mostEarlyDeaths = 12

    /// Reaps children and controls crowds, until the spawner has ended.
    private static func serve(
        _ spawner: ChildProcess, _ signals: ChildSignals, _ crowds: inout CrowdControl
    ) throws(SystemError) -> ChildProcess.Exit {
        while true {
            let entries =
                [PollEntry(signals.descriptor.number)]
                + (crowds.isOpen ? [PollEntry(crowds.socket.descriptor.number)] : [])
            let results = try poll(entries, milliseconds: crowds.patience)
            if results[0].isReadable {
                try signals.clear()
                while let (pid, exit, _) = try ChildProcess.reapAny() { if pid == spawner.pid { return exit } }
            }
            do {
                if let request = results.dropFirst().first, request.isReadable || request.isClosed {
                    try crowds.handle(spawner: spawner.pid)
                }
                try crowds.release()
            } catch {
                // Without crowd control starts can be slow, and everything else still works.
                crowds.tell(.failed("\(error)"))
            }
        }
    }
}
