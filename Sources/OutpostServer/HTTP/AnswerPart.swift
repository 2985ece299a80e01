// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OutpostCore

/// A part of an answer's body.
protocol AnswerPart: Sendable {
    /// The bytes as the network takes them.
    var buffer: ByteBuffer { get }
}

extension [UInt8]: AnswerPart {
    var buffer: ByteBuffer { ByteBuffer(bytes: self) }
}

/// A part that is read straight into the network's buffer.
struct FilledBuffer: FilledBytes, AnswerPart {
    private(set) var buffer = ByteBuffer()

    init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            fill(UnsafeMutableRawBufferPointer(rebasing: memory.prefix(capacity)))
        }
    }

    var byteCount: Int { buffer.readableBytes }

    mutating func cut(to count: Int) { buffer.moveWriterIndex(to: buffer.readerIndex + count) }
}
