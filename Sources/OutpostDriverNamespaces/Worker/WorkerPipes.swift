// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Sends pipes to a worker, which writes the bytes of files into them. Nothing comes back.
@Reactor
final class WorkerPipes {
    private let socket: MessageSocket
    private var workerEnd: Descriptor?

    /// Nil when the kernel gives no socket.
    init?() {
        guard let (ours, theirs) = try? MessageSocket.pair(preservingBoundaries: true),
            (try? ours.descriptor.setNonBlocking()) != nil, (try? theirs.descriptor.setNonBlocking()) != nil
        else { return nil }
        ours.endReceiving()
        socket = ours
        workerEnd = theirs.descriptor
    }

    /// Returns the worker's end, once. This process must not keep it.
    func takeWorkerEnd() -> Descriptor? {
        defer { workerEnd = nil }
        return workerEnd
    }

    /// Sends the write end of a new pipe.
    ///
    /// - Returns: the read end. Nil when the worker does not get the pipe.
    func send() -> Descriptor? {
        guard let pipe = try? Descriptor.pipe(nonBlockingRead: true, nonBlockingWrite: true) else { return nil }
        // The worker does not hold the pipe's lock yet: it takes the pipe with the request that comes later.
        defer { pipe.write.closeNow() }
        guard let sent = try? socket.send([0], descriptors: [pipe.write]), sent == 1 else { return nil }
        return pipe.read
    }

    /// Ends the connection. The worker gets no more pipes.
    func close() { socket.descriptor.closeNow() }
}
