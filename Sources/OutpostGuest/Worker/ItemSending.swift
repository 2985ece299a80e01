// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// Sends items to the host in one stream. A message can end inside an item, where the credit ends.
struct ItemSending {
    private let number: UInt32
    private var flow: SendFlow
    /// Encoded items that are not sent yet.
    private var waiting: [UInt8] = []
    /// Whether no more items are appended.
    private var isComplete = false

    init(_ number: UInt32, window: UInt32) {
        self.number = number
        flow = SendFlow(credit: window)
    }

    /// Whether more items are needed: all others are sent, and there is credit.
    var wantsMore: Bool { !isComplete && !flow.isOver && waiting.isEmpty && flow.canSend }
    /// Whether `send` would send a message.
    var canSend: Bool { !flow.isOver && (waiting.isEmpty ? isComplete : flow.canSend) }
    var isOver: Bool { flow.isOver }

    /// The bytes of items to collect before they are sent.
    static let batch = 32_768

    var isFull: Bool { waiting.count >= Self.batch }

    mutating func append(_ item: some StreamItem) { waiting += item.encoded }

    /// Ends the stream after the appended items.
    mutating func complete() { isComplete = true }

    /// Ends the stream at once, without sending an end.
    mutating func stop() { flow.end() }

    /// Returns the messages that can be sent now.
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

    /// Handles a message from the host.
    mutating func receive(_ message: StreamMessage) throws(WireError) {
        switch message {
        case .credit(let bytes): try flow.add(bytes)
        case .reset: flow.end()
        case .data, .end: throw WireError("data for what is listed")
        }
    }
}
