// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// Items on their way to the host: they are cut where the credit ends.
struct ItemSending {
    private let number: UInt32
    private var flow: SendFlow
    private var waiting: [UInt8] = []
    /// Whether no more items come.
    private var isComplete = false

    init(_ number: UInt32, window: UInt32) {
        self.number = number
        flow = SendFlow(credit: window)
    }

    /// Whether more items are wanted: what waits is sent first.
    var wantsMore: Bool { !isComplete && !flow.isOver && waiting.isEmpty && flow.canSend }
    /// Whether something can be said now.
    var canSend: Bool { !flow.isOver && (waiting.isEmpty ? isComplete : flow.canSend) }
    var isOver: Bool { flow.isOver }

    /// Bytes of items that are made before they are sent.
    static let batch = 32_768

    var isFull: Bool { waiting.count >= Self.batch }

    mutating func append(_ item: some StreamItem) { waiting += item.encoded }

    /// No more items come: the stream ends when all are sent.
    mutating func complete() { isComplete = true }

    /// Nothing more is sent.
    mutating func stop() { flow.end() }

    /// What can be said now.
    mutating func send() -> [WorkerReply] {
        guard !flow.isOver else { return [] }
        var replies: [WorkerReply] = []
        let count = min(flow.credit, waiting.count)
        if count > 0 {
            replies.append(.stream(number, .data(Array(waiting[..<count]))))
            waiting.removeFirst(count)
            flow.sent(count)
        }
        if isComplete, waiting.isEmpty {
            flow.end()
            replies.append(.stream(number, .end))
        }
        return replies
    }

    /// Takes what the host says of the stream.
    mutating func take(_ message: StreamMessage) throws(WireError) {
        switch message {
        case .credit(let bytes): try flow.add(bytes)
        case .reset: flow.end()
        case .data, .end: throw WireError("data for what is listed")
        }
    }
}
