// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpostGuest
public import OutpostCore
public import OutpostLinux

/// The spawner, started and not yet spoken to.
public struct SpawnerProcess: Sendable {
    let socket: MessageSocket
    let child: ChildProcess

    /// Starts the spawner from the embedded image. Call it first of all: it clones, which must not happen once there are
    /// threads, and the caller can give up its privileges right after.
    ///
    /// - Throws: `internal` when the binary was built without the image, or the kernel refuses.
    public static func start() throws(OutpostError) -> SpawnerProcess {
        guard outpost_guest_image_size > 0 else {
            throw OutpostError(.internal, "this binary was built without its guest agent; build it with make")
        }
        do throws(SystemError) {
            return try launch()
        } catch {
            throw OutpostError(.internal, "the spawner cannot be started", cause: error)
        }
    }

    private static func launch() throws(SystemError) -> SpawnerProcess {
        let image = try withEmbeddedImage { bytes throws(SystemError) in
            try SealedImage(name: "outpost-init", bytes: bytes)
        }
        let (ours, theirs) = try MessageSocket.pair(preservingBoundaries: true)
        let failures = try Descriptor.pipe()
        let child = try ChildProcess.clone(
            sandboxed: false, failures: failures.write,
            [
                .newSession,
                .duplicate(theirs.descriptor.number, to: 3),
                .closeFrom(4),
                .executeDescriptor(
                    image.descriptor.number, arguments: ["outpost-init", "spawner"], environment: []),
            ])
        failures.write.closeNow()
        if let failure = try ChildProcess.failure(from: failures.read) {
            throw SystemError("execute the spawner", number: failure.number)
        }
        return SpawnerProcess(socket: ours, child: child)
    }

    private static func withEmbeddedImage<Result>(
        _ body: (UnsafeRawBufferPointer) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try body(UnsafeRawBufferPointer(start: outpost_guest_image_start(), count: outpost_guest_image_size))
    }
}
