// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a client has sent and taken of late, and whether its connection is worth keeping.
///
/// A connection on which nothing is under way may rest for one window. One on which a body or an answer is under way must
/// move a least number of bytes in every window: a byte now and then is no progress, and an answer that the server has
/// written is not one that the client has taken. While the server works on a request, or does not take what the client could send, the client owes nothing.
struct ClientProgress {
    enum Verdict: Equatable {
        case close
        /// To be asked again then.
        case ask(at: NIODeadline)
        /// Nothing is to be asked before the next part is read or written.
        case wait
    }

    /// Slower than any network that anybody works over.
    static let leastBytesPerSecond: Int64 = 512

    private struct Window {
        let end: NIODeadline
        /// Whether a body was on its way already.
        let isReceiving: Bool
        /// Bytes of answers that the kernel had not taken.
        let pending: Int
        var received = 0
        var written = 0
    }

    private let length: TimeAmount
    private let leastBytes: Int
    /// Requests whose answers the client has not been given to the end.
    private var requests = 0
    /// Whether a body is on its way.
    private var isReceiving = false
    private var lastActivity: NIODeadline
    private var window: Window?

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
        // It was about the body alone.
        if window?.pending == 0 { window = nil }
    }

    mutating func wrote(_ bytes: Int) { window?.written += bytes }

    /// The kernel has all of an answer.
    mutating func finishedAnswer(at now: NIODeadline) {
        requests = max(0, requests - 1)
        lastActivity = now
    }

    /// - Parameters:
    ///   - pending: bytes of answers that the kernel has not taken, because the client does not.
    ///   - isReading: whether the server would take more at the moment.
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
