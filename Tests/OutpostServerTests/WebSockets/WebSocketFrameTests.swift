// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import OutpostServer

/// The frames that the server sends.
struct WebSocketFrameTests {
    @Test(arguments: [0, 1, 124, 125, 126, 65_534, 65_535, 65_536, 200_000])
    func aMessageInTwoPartsIsOneFrame(size: Int) {
        let rest = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        for prefix in [[], [1 as UInt8]] {
            let whole = WebSocketFrame(kind: .binary, payload: ByteBuffer(bytes: prefix + rest))
            #expect(WebSocketFrame.message(prefix, rest) == whole.bytes)
        }
    }
}
