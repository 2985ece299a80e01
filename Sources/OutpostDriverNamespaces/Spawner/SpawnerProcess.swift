// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
public import OutpostCore
import OutpostLinux

/// The spawner, started and not yet spoken to.
public struct SpawnerProcess: Sendable {
    let socket: MessageSocket
    let child: ChildProcess

    /// Starts the spawner from the embedded image. Call it first of all: it clones, which must not happen once there are
    /// threads, and the caller can give up its privileges right after.
    ///
    /// - Throws: `internal` when the binary was built without the image, or the kernel refuses.
    public static func start() throws(OutpostError) -> SpawnerProcess {
        guard outpost_guest_image.size > 0 else {
            throw OutpostError(.internal, "this binary was built without its guest agent; build it with make")
        }
        do throws(SystemError) {
            return try launch()
        } catch {
            throw OutpostError(.internal, "the spawner cannot be started", cause: error)
        }
    }

    private static func launch() throws(SystemError) -> SpawnerProcess {
        let embedded = outpost_guest_image.bytes
        let image = try SealedImage(name: "outpost-init", bytes: embedded)
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        let socket = try theirs.descriptor.duplicate(notBelow: 16)
        // Out of the way of descriptor 3, which the child puts its socket on.
        let executable = try image.descriptor.duplicate(notBelow: 16)
        let failures = try Descriptor.pipe()
        let report = try failures.write.duplicate(notBelow: 16)
        let child = try ChildProcess.clone(
            sandboxed: false, failures: report,
            [
                .newSession,
                .duplicate(socket.number, to: 3),
                .closeFrom(4),
                .executeDescriptor(
                    executable.number, arguments: ["outpost-init", "spawner"], environment: []),
            ])
        failures.write.closeNow()
        report.closeNow()
        if let failure = try ChildProcess.failure(from: failures.read) {
            throw SystemError("execute the spawner", number: failure.number)
        }
        return SpawnerProcess(socket: ours, child: child)
    }
}
