// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

func checkWorkerMessages(_ input: [UInt8]) throws -> Verdict {
    var verdict = Verdict.refused
    for frame in try checkedFrames(input) {
        if let request = try? WorkerRequest(frame) {
            verdict = .accepted
            try promise(request.frame == frame, "\(request) has another frame than it came in")
        }
        guard let reply = try? WorkerReply(frame) else { continue }
        verdict = .accepted
        try promise(reply.frame == frame, "\(reply) has another frame than it came in")
        guard case .stream(_, .data(let bytes)) = reply else { continue }
        try checkItems(bytes, of: FolderEntry.self)
        try checkItems(bytes, of: FolderChange.self)
    }
    return verdict
}

/// Items come out as they went in, and the same however the stream is cut.
private func checkItems<Item: StreamItem>(_ bytes: [UInt8], of: Item.Type) throws {
    var whole = StreamItemDecoder<Item>()
    guard let items = try? whole.decode(bytes) else { return }
    let encoded = items.flatMap(\.encoded)
    try promise(Array(bytes.prefix(encoded.count)) == encoded, "items have other bytes than they came in")
    var cut = StreamItemDecoder<Item>()
    var others: [Item] = []
    for byte in bytes {
        do throws(WireError) { others += try cut.decode([byte]) } catch {
            throw BrokenPromise("cut into bytes the stream is refused: \(error)")
        }
    }
    try promise(others == items, "cut into bytes the stream has other items")
    try promise(whole.isBetweenItems == cut.isBetweenItems, "cut into bytes the stream ends elsewhere")
}
