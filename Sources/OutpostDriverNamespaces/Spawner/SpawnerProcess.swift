// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
public import OutpostCore
import OutpostLinux

/// The process of the spawner, started and not yet configured.
public struct SpawnerProcess: Sendable {
    let socket: MessageSocket
    /// The socket to the spawner's supervisor, for `CrowdWatch`.
    let crowds: MessageSocket
    let child: ChildProcess

    /// Starts the spawner from the embedded image. It must be called first in the process: it calls clone(2), which is
    /// only safe before other threads exist. The caller can drop its privileges afterwards.
    ///
    /// - Throws: `internal` when the binary has no embedded image, or a system call fails.
    public static func start() throws(OutpostError) -> SpawnerProcess {
        guard outpost_guest_image.size > 0 else {
            throw OutpostError(.internal, "this binary was built without its guest agent; build it with make")
        }
        do throws(SystemError) {
            return try launch()
        } catch {
            throw OutpostError(.internal, "the spawner cannot be started: \(error)", cause: error)
        }
    }

    private static func launch() throws(SystemError) -> SpawnerProcess {
        let embedded = outpost_guest_image.bytes
        let image = try SealedImage(name: "outpost-init", bytes: embedded)
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        let (crowds, theirCrowds) = try MessageSocket.pair(preservingBoundaries: true)
        let socket = try theirs.descriptor.duplicate(notBelow: 16)
        let crowdSocket = try theirCrowds.descriptor.duplicate(notBelow: 16)
        // Not descriptor 3, because the child puts its socket there.
        let executable = try image.descriptor.duplicate(notBelow: 16)
        let failures = try Descriptor.pipe()
        let report = try failures.write.duplicate(notBelow: 16)
        let child = try ChildProcess.clone(
            sandboxed: false, failures: report,
            [
                .newSession,
                .duplicate(socket.number, to: 3),
                .duplicate(crowdSocket.number, to: 4),
                .closeFrom(5),
                .executeDescriptor(
                    executable.number, arguments: ["outpost-init", "spawner"], environment: []),
            ])
        failures.write.closeNow()
        report.closeNow()
        if let failure = try ChildProcess.failure(from: failures.read) {
            throw SystemError("execute the spawner", number: failure.number)
        }
        return SpawnerProcess(socket: ours, crowds: crowds, child: child)
    }
}
