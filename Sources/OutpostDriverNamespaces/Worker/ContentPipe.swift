// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The host's end of a pipe that a worker moves the bytes of a file to.
///
/// The kernel holds the pipe's lock while it reads the file for the worker, maybe from a disk. So other threads read and close the
/// pipe.
final class ContentPipe: Sendable {
    let end: Descriptor
    private let threads: BlockingPool
    @Reactor private var isWide = false
    /// The number of larger pipes. The kernel counts all their pages for the server's user (`OutputReader`).
    @Reactor private static var widePipes = 0
    /// With 112 pages more each, a ninth of what the kernel allows.
    private static let mostWidePipes = 16

    init(_ end: Descriptor, _ threads: BlockingPool) {
        self.end = end
        self.threads = threads
    }

    deinit {
        threads.submit { [end] in end.closeNow() }
        if isWide { Reactor.perform { Self.widePipes -= 1 } }
    }

    /// Makes the pipe hold a whole part, if there are not too many such pipes. Then the file needs fewer reads.
    @Reactor func widen() {
        guard !isWide, Self.widePipes < Self.mostWidePipes else { return }
        isWide = true
        Self.widePipes += 1
        threads.submit { [end] in end.widenPipe(to: Int32(ContentPart<[UInt8]>.most)) }
    }

    /// Reads what is there, and waits a moment for more.
    func read<Bytes: FilledBytes>(as kind: Bytes.Type) async -> ContentPart<Bytes> {
        await withCheckedContinuation { continuation in
            threads.submit { [end] in continuation.resume(returning: ContentPart(from: end)) }
        }
    }
}
