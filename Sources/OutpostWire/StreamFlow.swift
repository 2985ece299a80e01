// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How much one side may send in one direction of a stream: what the other side has given credit for and has not got.
public struct SendFlow: Hashable, Sendable {
    /// Bytes that may be sent now.
    public private(set) var credit: Int
    /// Whether nothing more is sent: it has ended, or the other side takes nothing more.
    public private(set) var isOver = false

    public init(credit: UInt32) { self.credit = Int(credit) }

    public var canSend: Bool { !isOver && credit > 0 }

    /// The other side takes so many more bytes.
    ///
    /// - Throws: `WireError` when it is more than any side may have outstanding.
    public mutating func add(_ bytes: UInt32) throws(WireError) {
        guard credit + Int(bytes) <= Int(UInt32.max) else { throw WireError("credit of more than \(UInt32.max) bytes") }
        credit += Int(bytes)
    }

    /// So many bytes were sent; no more than `credit`.
    public mutating func sent(_ bytes: Int) { credit -= min(bytes, credit) }

    public mutating func end() { isOver = true }
}

/// How much one side takes in one direction of a stream, and when it gives credit for more.
public struct ReceiveFlow: Hashable, Sendable {
    /// Bytes that the side keeps at the most.
    public let window: Int
    /// Bytes that the other side may still send.
    private var granted: Int
    /// Bytes that were used up and that no credit was given for.
    private var used = 0
    public private(set) var hasEnded = false

    public init(window: UInt32) {
        self.window = Int(window)
        granted = Int(window)
    }

    /// So many bytes have come.
    ///
    /// - Throws: `WireError` when the other side had no credit for them, or had ended.
    public mutating func receive(_ bytes: Int) throws(WireError) {
        guard !hasEnded else { throw WireError("data after the end of a stream") }
        guard bytes <= granted else { throw WireError("\(bytes) bytes with credit for \(granted)") }
        granted -= bytes
    }

    /// No more bytes come.
    ///
    /// - Throws: `WireError` when that was said before.
    public mutating func end() throws(WireError) {
        guard !hasEnded else { throw WireError("a stream ends twice") }
        hasEnded = true
    }

    /// So many bytes were used up.
    ///
    /// - Returns: the credit to give, once that is worth a message; nil otherwise.
    public mutating func use(_ bytes: Int) -> UInt32? {
        used += bytes
        guard !hasEnded, used > 0, used >= window / 2 else { return nil }
        granted += used
        defer { used = 0 }
        return UInt32(used)
    }
}
