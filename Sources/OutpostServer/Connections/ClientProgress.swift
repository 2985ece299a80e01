// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Measures how fast a client sends and reads, and decides when to close its connection.
///
/// Time is divided into windows. An idle connection may stay for one window. While a body or an answer is in transfer,
/// at least `leastBytes` must move in each window. An answer counts as read when the kernel has taken its bytes, not
/// when the server has written them. The client has no duty while the server works on a request or does not read.
struct ClientProgress {
    /// The length of a window.
    private let length: TimeAmount
    /// The bytes that must move in a window.
    private let leastBytes: Int
    /// Requests whose answers are not complete in the kernel.
    private var requests = 0
    /// Whether a body is in transfer.
    private var isReceiving = false
    private var lastActivity: NIODeadline
    private var window: Window?

    /// No network in use is this slow.
    static let leastBytesPerSecond: Int64 = 512

    enum Verdict: Equatable {
        case close
        /// Ask for a verdict again at this time.
        case ask(at: NIODeadline)
        /// Ask for a verdict again after the next part is read or written.
        case wait
    }

    private struct Window {
        let end: NIODeadline
        /// Whether a body was in transfer at the start.
        let isReceiving: Bool
        /// Bytes of answers that the kernel had not taken at the start.
        let pending: Int
        var received = 0
        var written = 0
    }

    init(window: TimeAmount, at now: NIODeadline) {
        length = window
        leastBytes = Int(window.nanoseconds / 1_000_000_000 * Self.leastBytesPerSecond)
        lastActivity = now
    }

    mutating func receivedHead(at now: NIODeadline) {
        requests += 1
        isReceiving = true
        lastActivity = now
        if window == nil { window = Window(end: now + length, isReceiving: true, pending: 0) }
    }

    mutating func received(_ bytes: Int, at now: NIODeadline) {
        window?.received += bytes
        lastActivity = now
    }

    mutating func receivedEnd(at now: NIODeadline) {
        isReceiving = false
        lastActivity = now
        // No answer waits, and the window was only about the body.
        if window?.pending == 0 { window = nil }
    }

    mutating func wrote(_ bytes: Int) { window?.written += bytes }

    /// Tells that the kernel has taken a whole answer.
    mutating func finishedAnswer(at now: NIODeadline) {
        requests = max(0, requests - 1)
        lastActivity = now
    }

    /// Decides what to do with the connection.
    ///
    /// - Parameters:
    ///   - pending: bytes of answers that the kernel has not taken, because the client does not read them.
    ///   - isReading: whether the server reads at this moment.
    mutating func verdict(pending: Int, isReading: Bool = true, at now: NIODeadline) -> Verdict {
        guard isReceiving || pending > 0 else {
            window = nil
            guard requests == 0 else { return .wait }
            let end = lastActivity + length
            return now < end ? .ask(at: end) : .close
        }
        if let window {
            guard now >= window.end else { return .ask(at: window.end) }
            if isTooSlow(in: window, pending: pending, isReading: isReading) { return .close }
        }
        window = Window(end: now + length, isReceiving: isReceiving, pending: pending)
        return .ask(at: now + length)
    }

    private func isTooSlow(in window: Window, pending: Int, isReading: Bool) -> Bool {
        let sendsTooLittle = window.isReceiving && isReceiving && isReading && window.received < leastBytes
        let taken = window.pending + window.written - pending
        let takesTooLittle = window.pending > 0 && pending > 0 && taken < leastBytes
        return sendsTooLittle || takesTooLittle
    }
}
