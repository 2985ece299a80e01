// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The flow control of the sender in one direction of a stream. It sends only bytes that the receiver has given credit for.
public struct SendFlow: Hashable, Sendable {
    /// The bytes that can be sent now.
    public private(set) var credit: Int
    /// Whether sending has ended, by the sender or by the receiver's reset.
    public private(set) var isOver = false

    /// A flow with the initial credit in bytes.
    public init(credit: UInt32) { self.credit = Int(credit) }

    /// Whether at least one byte can be sent.
    public var canSend: Bool { !isOver && credit > 0 }

    /// Adds credit from the receiver.
    ///
    /// - Throws: `WireError` when the total is above `UInt32.max`.
    public mutating func add(_ bytes: UInt32) throws(WireError) {
        guard credit + Int(bytes) <= Int(UInt32.max) else { throw WireError("credit of more than \(UInt32.max) bytes") }
        credit += Int(bytes)
    }

    /// Subtracts sent bytes from the credit. `bytes` is at most `credit`.
    public mutating func sent(_ bytes: Int) { credit -= min(bytes, credit) }

    /// Ends sending.
    public mutating func end() { isOver = true }
}

/// The flow control of the receiver in one direction of a stream. It gives credit for more bytes when it has consumed some.
public struct ReceiveFlow: Hashable, Sendable {
    /// The most bytes that the receiver buffers.
    public let window: Int
    /// The bytes that the sender can still send.
    private var granted: Int
    /// The consumed bytes that no credit was given for yet.
    private var used = 0
    /// Whether the sender has ended the stream.
    public private(set) var hasEnded = false

    /// A flow whose sender has an initial credit of `window` bytes.
    public init(window: UInt32) {
        self.window = Int(window)
        granted = Int(window)
    }

    /// Counts received bytes.
    ///
    /// - Throws: `WireError` when the sender had no credit for them, or had ended the stream.
    public mutating func receive(_ bytes: Int) throws(WireError) {
        guard !hasEnded else { throw WireError("data after the end of a stream") }
        guard bytes <= granted else { throw WireError("\(bytes) bytes with credit for \(granted)") }
        granted -= bytes
    }

    /// Records the end of the stream.
    ///
    /// - Throws: `WireError` when it has ended before.
    public mutating func end() throws(WireError) {
        guard !hasEnded else { throw WireError("a stream ends twice") }
        hasEnded = true
    }

    /// Counts consumed bytes.
    ///
    /// - Returns: the credit to send when it is at least half of the window; nil otherwise.
    public mutating func use(_ bytes: Int) -> UInt32? {
        used += bytes
        guard !hasEnded, used > 0, used >= window / 2 else { return nil }
        granted += used
        defer { used = 0 }
        return UInt32(used)
    }
}
