// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar

/// What the reader makes of an archive that comes in pieces. Data that follows data is one part of it.
struct ArchiveStream: Equatable {
    enum Part: Equatable {
        case data([UInt8], offset: UInt64)
        case hole(offset: UInt64, count: UInt64)
    }

    struct Entry: Equatable {
        let entry: TarEntry
        var content: [Part] = []
    }

    private(set) var entries: [Entry] = []
    private(set) var ending: TarEnding?
    private(set) var error: TarError?
    private(set) var hasTrailingData = false

    init(_ pieces: [ArraySlice<UInt8>], limits: TarLimits = .standard) {
        var reader = TarReader(limits: limits)
        do throws(TarError) {
            for piece in pieces {
                var piece = piece
                while let event = try reader.next(&piece) { append(event) }
            }
            if let event = try reader.finish() { append(event) }
        } catch {
            self.error = error
        }
        hasTrailingData = reader.hasTrailingData
    }

    var dataBytes: Int {
        entries.flatMap(\.content).reduce(0) { if case .data(let bytes, _) = $1 { $0 + bytes.count } else { $0 } }
    }

    private mutating func append(_ event: TarEvent) {
        switch event {
        case .entry(let entry): entries.append(Entry(entry: entry))
        case .data(let bytes, let offset): entries[entries.count - 1].append(bytes, offset)
        case .hole(let offset, let count):
            entries[entries.count - 1].content.append(.hole(offset: offset, count: count))
        case .endOfEntry: break
        case .endOfArchive(let ending): self.ending = ending
        }
    }
}

extension ArchiveStream.Entry {
    fileprivate mutating func append(_ bytes: ArraySlice<UInt8>, _ offset: UInt64) {
        guard case .data(let before, let start) = content.last, start + UInt64(before.count) == offset else {
            return content.append(.data(Array(bytes), offset: offset))
        }
        content[content.count - 1] = .data(before + bytes, offset: start)
    }
}
