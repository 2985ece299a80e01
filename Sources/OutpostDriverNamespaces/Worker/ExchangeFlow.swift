// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostWire

/// The state of one request to a worker.
struct ExchangeFlow {
    private enum Phase {
        case asked
        case open(FileInformation?)
        case done(FileInformation?)
        case failed(OutpostError)
    }

    private let subject: String
    private let missing: String
    private var phase = Phase.asked
    private var receiving: ReceiveFlow
    private var sending: SendFlow
    /// The received bytes that were not read yet.
    private var bytes: [UInt8] = []

    /// Creates the state of a new request.
    ///
    /// - Parameters:
    ///   - subject: the path or port for errors.
    ///   - missing: what does not exist when the kernel says so; nil for the subject.
    ///   - window: bytes that the worker may send before the first credit.
    ///   - credit: bytes that the host may send before the first credit.
    init(subject: String, missing: String? = nil, window: UInt32, credit: UInt32) {
        self.subject = subject
        self.missing = missing ?? subject
        receiving = ReceiveFlow(window: window)
        sending = SendFlow(credit: credit)
    }

    /// Whether the request is complete in both directions.
    var isOver: Bool {
        switch phase {
        case .asked: false
        case .open: receiving.hasEnded && sending.isOver
        case .done, .failed: true
        }
    }

    /// Why the caller will get no result. Nil while it may still get one.
    var failure: OutpostError? {
        switch phase {
        case .failed(let error): error
        case .done where bytes.isEmpty: OutpostError(.internal, "the sandbox's worker ended \(subject) too early")
        default: nil
        }
    }

    /// The information at the start of the stream. Nil before the start.
    var opening: FileInformation?? { if case .open(let record) = phase { .some(record) } else { nil } }

    /// The information at the end. Nil before the end.
    var outcome: FileInformation?? { if case .done(let record) = phase { .some(record) } else { nil } }

    /// Handles a reply of the worker.
    ///
    /// - Throws: `WireError` for an invalid reply.
    mutating func receive(_ reply: WorkerReply) throws(WireError) {
        switch (phase, reply) {
        case (.asked, .begun(_, let record)): phase = .open(record)
        case (.asked, .done(_, let record)), (.open, .done(_, let record)): phase = .done(record)
        case (.asked, .failed(_, let errno, _)), (.open, .failed(_, let errno, _)):
            phase = .failed(OutpostError(fileErrno: errno, errno == SystemError.notFound ? missing : subject))
        case (.open, .stream(_, let message)): try receive(message)
        // The worker had sent this before it knew that the host had cancelled.
        case (.failed, _): return
        default: throw WireError("a reply to request \(subject) out of turn")
        }
    }

    private mutating func receive(_ message: StreamMessage) throws(WireError) {
        switch message {
        case .data(let part):
            try receiving.receive(part.count)
            if bytes.isEmpty { bytes = part } else { bytes += part }
        case .end: try receiving.end()
        case .credit(let count): try sending.add(count)
        case .reset: sending.end()
        }
    }

    /// Ends the request with an error, if it is not complete.
    mutating func fail(_ error: OutpostError) {
        if !isOver { phase = .failed(error) }
    }

    /// Returns the received bytes, or an inner nil at the end of the stream. Nil when there is nothing yet.
    mutating func takeBytes() -> [UInt8]?? {
        if !bytes.isEmpty {
            defer { bytes = [] }
            return .some(bytes)
        }
        return receiving.hasEnded ? .some(nil) : nil
    }

    /// Records that the caller has read this many bytes.
    ///
    /// - Returns: the credit to send, if any.
    mutating func use(_ count: Int) -> UInt32? { isOver ? nil : receiving.use(count) }

    /// Returns how many of `count` bytes may be sent now, and counts them as sent. Nil for none.
    mutating func room(for count: Int) -> Int? {
        guard case .open = phase, sending.canSend else { return nil }
        let part = min(count, sending.credit, Self.largestPart)
        sending.sent(part)
        return part
    }

    /// Ends the outgoing direction.
    ///
    /// - Returns: whether the worker must be told.
    mutating func end() -> Bool {
        guard case .open = phase, !sending.isOver else { return false }
        sending.end()
        return true
    }

    private static let largestPart = 65_536
}
