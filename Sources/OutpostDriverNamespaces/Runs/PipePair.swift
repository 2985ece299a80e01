// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostSandboxing

/// Two pipes of the kernel's between two programs, which talk without this process in between.
final class PipePair: CrossedPipes {
    private let toFirst: (read: Descriptor, write: Descriptor)
    private let toSecond: (read: Descriptor, write: Descriptor)

    init() throws(SystemError) {
        toFirst = try Descriptor.pipe()
        toSecond = try Descriptor.pipe()
        // Root's, and both programs are "others": each may open its ends once more, as /dev/stdin and the like. What it could
        // do with the other end of the same pipe, it does to itself: take back what it wrote, or write what it reads.
        try toFirst.read.setMode(0o606)
        try toSecond.read.setMode(0o606)
    }

    var first: ProgramPipes { ProgramPipes(input: toFirst.read, output: toSecond.write) }
    var second: ProgramPipes { ProgramPipes(input: toSecond.read, output: toFirst.write) }

    func endOutput(ofFirst isFirst: Bool) { Self.close([isFirst ? toSecond.write : toFirst.write]) }

    func close() { Self.close([toFirst.read, toFirst.write, toSecond.read, toSecond.write]) }

    /// A close waits for the pipe's lock, which who writes holds while the kernel fetches what is written.
    private static func close(_ ends: [Descriptor]) {
        BlockingPool.shared.submit { for end in ends { end.closeNow() } }
    }
}
