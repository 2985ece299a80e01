// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import OutpostSandboxing

/// Two pipes between two programs. The programs communicate without this process.
final class PipePair: CrossedPipes {
    private let toFirst: (read: Descriptor, write: Descriptor)
    private let toSecond: (read: Descriptor, write: Descriptor)

    init() throws(SystemError) {
        toFirst = try Descriptor.pipe()
        toSecond = try Descriptor.pipe()
        // The pipes belong to root, and the programs are "others". With these bits each program can open its ends
        // again, for example as /dev/stdin. It could also open the other end of the same pipe. This affects only
        // itself: it reads back its own output, or writes its own input.
        try toFirst.read.setMode(0o606)
        try toSecond.read.setMode(0o606)
    }

    var first: ProgramPipes { ProgramPipes(input: toFirst.read, output: toSecond.write) }
    var second: ProgramPipes { ProgramPipes(input: toSecond.read, output: toFirst.write) }

    func isOutputFull(ofFirst isFirst: Bool) -> Bool { (isFirst ? toSecond : toFirst).write.isFull }

    func endOutput(ofFirst isFirst: Bool) { Self.close([isFirst ? toSecond.write : toFirst.write]) }

    func close() { Self.close([toFirst.read, toFirst.write, toSecond.read, toSecond.write]) }

    /// A close waits for the pipe's lock. A writer holds the lock while the kernel reads the writer's memory.
    private static func close(_ ends: [Descriptor]) {
        BlockingPool.shared.submit { for end in ends { end.closeNow() } }
    }
}
