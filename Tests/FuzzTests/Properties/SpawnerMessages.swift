// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

func checkSpawnerRequest(_ input: [UInt8]) throws -> Verdict {
    guard let (id, request) = try? SpawnerRequest.decode(input) else { return .refused }
    try promise(request.encoded(id: id) == input, "\(request) has other bytes than it came in")
    try checkExtent(of: input) { _ = try SpawnerRequest.decode($0) }
    return .accepted
}

func checkSpawnerReply(_ input: [UInt8]) throws -> Verdict {
    guard let (id, reply) = try? SpawnerReply.decode(input) else { return .refused }
    try promise(reply.encoded(id: id) == input, "\(reply) has other bytes than it came in")
    try checkExtent(of: input) { _ = try SpawnerReply.decode($0) }
    return .accepted
}

/// A message ends where its packet does: neither less nor more of it is one.
private func checkExtent(of input: [UInt8], _ decode: ([UInt8]) throws -> Void) throws {
    for other in [input + [0], input.dropLast()] {
        guard (try? decode(other)) != nil else { continue }
        throw BrokenPromise("with \(other.count) bytes in place of \(input.count) it is a message too")
    }
}
