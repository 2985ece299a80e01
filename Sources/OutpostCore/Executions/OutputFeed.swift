// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A part of a program's output, with its place in the order in which the program wrote.
public struct OutputEvent: Hashable, Sendable {
    /// The first part of a run has the number 1. Each later part, of either stream, has the next number.
    public let number: UInt64
    /// The stream of the part.
    public let stream: LiveOutput.Stream
    /// The bytes. They end at the end of a character, if the stream is UTF-8.
    public let bytes: [UInt8]
    /// Bytes of the same stream before this part.
    public let offset: Int
    /// Bytes of both streams up to the end of this part.
    let end: Int
}

/// The last part of a program's output as numbered events, in bounded memory.
///
/// A reader names the last event that it has, and gets the events after it.
struct OutputFeed: Sendable {
    private let limit: Int
    /// In the order of their numbers, without a gap. Those before `start` are dropped.
    private var events: [OutputEvent] = []
    /// The position of the oldest event that is kept.
    private var start = 0
    /// Bytes of the kept events.
    private(set) var keptBytes = 0
    /// The number of the newest event; 0 before the first.
    private(set) var newest: UInt64 = 0
    /// Bytes of both streams that are in events, kept or dropped.
    private(set) var total = 0
    /// Bytes of each stream that are in events, kept or dropped.
    private var totals: [LiveOutput.Stream: Int] = [:]
    /// The start of a character whose other bytes have not come.
    private var begun: [LiveOutput.Stream: [UInt8]] = [:]

    /// - Parameter limit: the number of bytes that `trim` keeps. The newest event is always kept.
    init(limit: Int) { self.limit = limit }

    /// Returns the kept events after the event with this number, oldest first.
    func events(after number: UInt64) -> ArraySlice<OutputEvent> {
        guard number < newest else { return [] }
        let kept = events[start...]
        return kept.suffix(Int(min(UInt64(kept.count), newest - number)))
    }

    /// Returns the bytes of both streams in the events up to the one with this number. Dropped events count as far as
    /// the first kept one.
    func bytes(upTo number: UInt64) -> Int {
        guard number < newest else { return total }
        guard let next = events(after: number).first else { return total }
        return next.end - next.bytes.count
    }

    /// Adds bytes that a program wrote. The start of a character stays back until the rest comes.
    mutating func append(_ bytes: ArraySlice<UInt8>, to stream: LiveOutput.Stream) {
        var rest = begun.removeValue(forKey: stream).map { $0[...] + bytes } ?? bytes
        while rest.count > Self.longestEvent {
            let first = rest.prefix(Self.longestEvent)
            add(Array(first.dropLast(incompleteCharacter(first))), to: stream)
            rest = rest.dropFirst(first.count - incompleteCharacter(first))
        }
        let incomplete = incompleteCharacter(rest)
        if incomplete > 0 { begun[stream] = Array(rest.suffix(incomplete)) }
        add(Array(rest.dropLast(incomplete)), to: stream)
    }

    /// The most bytes of one event.
    static let longestEvent = 64 << 10

    /// Adds the bytes that stayed back, because no more bytes come.
    mutating func finish() {
        for stream in LiveOutput.Stream.allCases { add(begun.removeValue(forKey: stream) ?? [], to: stream) }
    }

    private mutating func add(_ bytes: [UInt8], to stream: LiveOutput.Stream) {
        guard !bytes.isEmpty else { return }
        newest += 1
        total += bytes.count
        events.append(
            OutputEvent(number: newest, stream: stream, bytes: bytes, offset: totals[stream, default: 0], end: total))
        totals[stream, default: 0] += bytes.count
        keptBytes += bytes.count
    }

    /// Drops the oldest events above the limit.
    ///
    /// - Parameter number: later events than this one are not dropped.
    mutating func trim(upTo number: UInt64) {
        while keptBytes > limit, start < events.count - 1, events[start].number <= number {
            keptBytes -= events[start].bytes.count
            start += 1
        }
        // A removal from the front moves all other events. It is done rarely.
        if start > events.count / 2 {
            events.removeFirst(start)
            start = 0
        }
    }
}

/// Returns the number of bytes at the end of `bytes` that can be the start of a UTF-8 character (RFC 3629, section 4): at
/// most 3.
func incompleteCharacter(_ bytes: ArraySlice<UInt8>) -> Int {
    for count in 1...3 where count <= bytes.count {
        let byte = bytes[bytes.endIndex - count]
        if byte & 0xC0 == 0x80 { continue }
        let length =
            switch byte {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        return count < length ? count : 0
    }
    return 0
}
