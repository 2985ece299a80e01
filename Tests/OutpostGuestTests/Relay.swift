// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// Hands bytes on one at a time, as a slow line would, and descriptors with the first byte that they come with.
enum Relay {
    /// - Returns: ends to be used in place of the others.
    static func between(
        _ requests: MessageSocket, _ events: Descriptor
    ) throws -> (requests: MessageSocket, events: Descriptor) {
        let (near, far) = try MessageSocket.pair(preservingBoundaries: false)
        let pipe = try Descriptor.pipe()
        let threads = BlockingPool(limit: 2)
        threads.submit {
            while case .message(let bytes, var descriptors)? = try? far.receive(limit: 4096) {
                for byte in bytes {
                    guard (try? requests.send([byte], descriptors: descriptors)) != nil else { return }
                    descriptors = []
                }
            }
            requests.endSending()
        }
        threads.submit {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while let count = try? events.read(into: &buffer), count > 0 {
                for byte in buffer[..<count] {
                    guard (try? pipe.write.writeAll([byte])) != nil else { return }
                }
            }
            pipe.write.closeNow()
        }
        return (near, pipe.read)
    }
}
