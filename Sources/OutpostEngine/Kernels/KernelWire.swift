// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// What a kernel sends, in order: output of the code, and messages that are not decoded yet.
enum KernelNews: Sendable {
    case output(LiveOutput.Stream, [UInt8])
    case message([UInt8])
}

/// One request to a kernel, from the request to its answer.
final class KernelTurn: Sendable {
    /// Why the platform ended the request.
    enum Stop { case timeout, cancelled }

    let number: Int
    /// The most bytes of one message.
    let longestMessage: Int
    let news = OrderedQueue<KernelNews>(limit: 256 << 10)
    private let first = Mutex<Stop?>(nil)
    private let releaseReaders: @Sendable () -> Void

    /// - Parameter releaseReaders: lets the request go on without regard to those who read its output.
    init(_ number: Int, longestMessage: Int, releaseReaders: @escaping @Sendable () -> Void = {}) {
        self.number = number
        self.longestMessage = longestMessage
        self.releaseReaders = releaseReaders
    }

    /// Why the platform ended the request; nil when it did not.
    var stop: Stop? { first.withLock { $0 } }

    /// Records why the request is ended. The first reason counts.
    func end(for reason: Stop) { first.withLock { $0 = $0 ?? reason } }

    /// Lets the request end without regard to slow readers. They still get everything.
    func release() {
        news.release()
        releaseReaders()
    }
}

/// The output of a kernel's program. It passes what the kernel sends to the request in progress.
final class KernelWire: ProgramOutput {
    private struct State {
        var frames = KernelFrames()
        var turn: KernelTurn?
        var isClosed = false
        var violation: String?
        var onStart: (@Sendable () -> Void)?
        /// The last bytes that the program wrote to its own standard error. Those of the code come in frames.
        var complaint: [UInt8] = []
    }

    private static let longestComplaint = 4096

    private let state = Mutex(State())
    /// Called once, when the program has sent something that is not of the protocol.
    private let onViolation: @Sendable () -> Void

    init(onViolation: @escaping @Sendable () -> Void) { self.onViolation = onViolation }

    /// What the kernel sent against the protocol; nil when it did not.
    var violation: String? { state.withLock { $0.violation } }

    /// The last words of the program outside of the protocol.
    var complaint: String { String(decoding: state.withLock { $0.complaint }, as: UTF8.self) }

    /// Passes everything to `turn` from now on. Its queue ends when the program does.
    func begin(_ turn: KernelTurn) {
        let isClosed = state.withLock { state in
            state.turn = turn
            return state.isClosed
        }
        if isClosed { turn.news.close() }
    }

    /// Ends the request. What comes before the next one is dropped.
    func end(_ turn: KernelTurn) {
        state.withLock { if $0.turn === turn { $0.turn = nil } }
        turn.news.close()
    }

    /// Ends the request in progress, because the program has ended.
    func close() {
        let turn = state.withLock { state in
            state.isClosed = true
            return state.turn
        }
        turn?.news.close()
    }

    /// Records a message that is not of the protocol, and has the program killed.
    func refuse(_ problem: String) {
        let isFirst = state.withLock { state in
            defer { state.violation = state.violation ?? problem }
            return state.violation == nil
        }
        if isFirst { onViolation() }
    }

    // MARK: - ProgramOutput

    let isAwaited = true

    func start() {}
    func hold() {}

    /// The program has been stopped or has ended.
    func release() { state.withLock { $0.turn }?.news.release() }

    func output(_ stream: LiveOutput.Stream) -> CapturedOutput {
        let bytes = stream == .stderr ? state.withLock { $0.complaint } : []
        return CapturedOutput(bytes: bytes, total: bytes.count)
    }

    func append(
        _ bytes: ArraySlice<UInt8>, to stream: LiveOutput.Stream, in empty: OutputRecord,
        resume: @escaping @Sendable () -> Void
    ) -> Bool {
        if stream == .stderr {
            state.withLock { state in
                let kept: [UInt8] = (state.complaint + bytes).suffix(Self.longestComplaint)
                state.complaint = kept
            }
            return true
        }
        let (turn, news, problem) = state.withLock { state in Self.take(bytes, &state) }
        if let problem { refuse(problem) }
        guard let turn else { return true }
        // Only one call may wait, so the queue decides about all of them together.
        for one in news.dropLast() { turn.news.put(one, bytes: one.bytes) }
        return news.last.map { turn.news.put($0, bytes: $0.bytes, resume: resume) } ?? true
    }

    private static func take(
        _ bytes: ArraySlice<UInt8>, _ state: inout State
    ) -> (KernelTurn?, [KernelNews], String?) {
        guard state.violation == nil else { return (nil, [], nil) }
        var news: [KernelNews] = []
        do throws(KernelFrames.Violation) {
            try state.frames.append(bytes, longest: state.turn?.longestMessage ?? 0) { piece in
                switch piece {
                case .message(let message): news.append(.message(message))
                case .stdout(let part): news.append(.output(.stdout, Array(part)))
                case .stderr(let part): news.append(.output(.stderr, Array(part)))
                }
            }
            return (state.turn, news, nil)
        } catch {
            switch error {
            case .unknownKind(let kind): return (state.turn, news, "it sent a frame of the unknown kind \(kind)")
            case .tooLong(let length): return (state.turn, news, "it sent a frame of \(length) bytes")
            }
        }
    }
}

extension KernelNews {
    fileprivate var bytes: Int {
        switch self {
        case .output(_, let bytes): bytes.count
        case .message(let bytes): bytes.count
        }
    }
}
