// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar

/// What a reader makes of an archive. Pieces of data that follow each other are one, so that it does not matter how the
/// input was cut.
struct Reading: Equatable, Sendable {
    enum Event: Equatable, Sendable {
        case entry(TarEntry)
        case data([UInt8], offset: UInt64)
        case hole(offset: UInt64, count: UInt64)
        case endOfEntry
        case endOfArchive(TarEnding)
    }

    private(set) var events: [Event] = []
    private(set) var error: TarError?
    private(set) var hasTrailingData = false
    private(set) var offset: UInt64 = 0

    init(_ archive: [UInt8], limits: TarLimits = .standard) { self.init(pieces: [archive[...]], limits: limits) }

    init(pieces: [ArraySlice<UInt8>], limits: TarLimits = .standard) {
        var reader = TarReader(limits: limits)
        do {
            for piece in pieces {
                var piece = piece
                while let event = try reader.next(&piece) { append(event) }
            }
            if let event = try reader.finish() { append(event) }
        } catch {
            self.error = error
        }
        hasTrailingData = reader.hasTrailingData
        offset = reader.offset
    }

    var entries: [TarEntry] {
        events.compactMap { if case .entry(let entry) = $0 { entry } else { nil } }
    }

    /// Each entry's content with zeros for its holes.
    var contents: [[UInt8]] {
        events.reduce(into: []) { contents, event in
            switch event {
            case .entry: contents.append([])
            case .data(let bytes, _): contents[contents.count - 1] += bytes
            case .hole(_, let count): contents[contents.count - 1] += [UInt8](repeating: 0, count: Int(count))
            case .endOfEntry, .endOfArchive: break
            }
        }
    }

    private mutating func append(_ event: TarEvent) {
        switch event {
        case .entry(let entry): events.append(.entry(entry))
        case .data(let bytes, let offset): append(bytes, offset)
        case .hole(let offset, let count): events.append(.hole(offset: offset, count: count))
        case .endOfEntry: events.append(.endOfEntry)
        case .endOfArchive(let ending): events.append(.endOfArchive(ending))
        }
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>, _ offset: UInt64) {
        guard case .data(let before, let start) = events.last, start + UInt64(before.count) == offset else {
            return events.append(.data(Array(bytes), offset: offset))
        }
        events[events.count - 1] = .data(before + bytes, offset: start)
    }
}
