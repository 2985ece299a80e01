// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import OutpostWire

/// Where a request to a worker stands.
struct ExchangeFlow {
    private enum Phase {
        case asked
        case open(FileInformation?)
        case done(FileInformation?)
        case failed(OutpostError)
    }

    private let subject: String
    private var phase = Phase.asked
    private var receiving: ReceiveFlow
    private var sending: SendFlow
    /// What came and was not taken.
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - window: bytes that are taken before credit is given for more.
    ///   - credit: bytes that the worker takes before it gives credit.
    init(subject: String, window: UInt32, credit: UInt32) {
        self.subject = subject
        receiving = ReceiveFlow(window: window)
        sending = SendFlow(credit: credit)
    }

    /// Whether nothing more comes of it or is said of it.
    var isOver: Bool {
        switch phase {
        case .asked: false
        case .open: receiving.hasEnded && sending.isOver
        case .done, .failed: true
        }
    }

    /// Why there will be nothing of what is waited for.
    var failure: OutpostError? {
        switch phase {
        case .failed(let error): error
        case .done where bytes.isEmpty: OutpostError(.internal, "the sandbox's worker ended \(subject) too early")
        default: nil
        }
    }

    /// What was told at the begin of its stream, once it has one; nil before.
    var opening: FileInformation?? { if case .open(let record) = phase { .some(record) } else { nil } }

    /// What was told at its end; nil before.
    var outcome: FileInformation?? { if case .done(let record) = phase { .some(record) } else { nil } }

    /// Takes what the worker says.
    ///
    /// - Throws: `WireError` when it says what it must not.
    mutating func receive(_ reply: WorkerReply) throws(WireError) {
        switch (phase, reply) {
        case (.asked, .begun(_, let record)): phase = .open(record)
        case (.asked, .done(_, let record)), (.open, .done(_, let record)): phase = .done(record)
        case (.asked, .failed(_, let errno, _)), (.open, .failed(_, let errno, _)):
            phase = .failed(OutpostError(fileErrno: errno, subject))
        case (.open, .stream(_, let message)): try receive(message)
        // What was under way when the host had enough of it.
        case (.failed, _): return
        default: throw WireError("a reply to request \(subject) out of turn")
        }
    }

    private mutating func receive(_ message: StreamMessage) throws(WireError) {
        switch message {
        case .data(let part):
            try receiving.receive(part.count)
            bytes += part
        case .end: try receiving.end()
        case .credit(let count): try sending.add(count)
        case .reset: sending.end()
        }
    }

    mutating func fail(_ error: OutpostError) {
        if !isOver { phase = .failed(error) }
    }

    /// What has come, or an inner nil at the end; nil when nothing has come yet.
    mutating func takeBytes() -> [UInt8]?? {
        if !bytes.isEmpty {
            defer { bytes = [] }
            return .some(bytes)
        }
        return receiving.hasEnded ? .some(nil) : nil
    }

    /// So many bytes were taken.
    ///
    /// - Returns: the credit to give for them, if any.
    mutating func use(_ count: Int) -> UInt32? { isOver ? nil : receiving.use(count) }

    /// How many bytes of so many may be sent now; nil for none. They count as sent.
    mutating func room(for count: Int) -> Int? {
        guard case .open = phase, sending.canSend else { return nil }
        let part = min(count, sending.credit, Self.largestPart)
        sending.sent(part)
        return part
    }

    /// No more bytes are sent.
    ///
    /// - Returns: whether the worker is to be told.
    mutating func end() -> Bool {
        guard case .open = phase, !sending.isOver else { return false }
        sending.end()
        return true
    }

    private static let largestPart = 65_536
}
