// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar

/// An archive of random entries, written by the writer.
struct GeneratedArchive {
    private(set) var entries: [TarEntry] = []
    /// The content of each entry with its holes.
    private(set) var contents: [[UInt8]] = []
    private(set) var bytes: [UInt8] = []

    init(seed: UInt64, entries count: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var writer = TarWriter(keepsNanoseconds: true)
        for _ in 0..<count {
            let entry = generator.entry()
            let content = generator.content(of: entry)
            entries.append(entry)
            contents.append(content)
            bytes += try writer.begin(entry)
            for extent in entry.extents ?? [TarExtent(offset: 0, count: entry.size)] {
                bytes += try writer.content(content[Int(extent.offset)..<Int(extent.offset + extent.count)])
            }
            bytes += try writer.end()
        }
        bytes += try writer.finish()
    }
}

extension SeededGenerator {
    mutating func entry() -> TarEntry {
        var entry = TarEntry(
            path: name(upTo: chance(of: 3) ? 600 : 90), kind: kind(), mode: UInt32.random(in: 0...0o7777, using: &self),
            uid: owner(), gid: owner(), userName: chance(of: 2) ? [] : name(upTo: 40),
            groupName: chance(of: 2) ? [] : name(upTo: 40), modified: time())
        if entry.kind == .file { addContent(to: &entry) }
        if chance(of: 4) {
            for _ in 0..<3 {
                let count = Int.random(in: 0...700, using: &self)
                entry.attributes[Array("user.".utf8) + name(upTo: 30)] = bytes(count)
            }
        }
        return entry
    }

    /// Zeros where `entry` has holes.
    mutating func content(of entry: TarEntry) -> [UInt8] {
        guard let extents = entry.extents else { return bytes(Int(entry.size)) }
        var content = [UInt8](repeating: 0, count: Int(entry.size))
        for extent in extents {
            content.replaceSubrange(
                Int(extent.offset)..<Int(extent.offset + extent.count), with: bytes(Int(extent.count)))
        }
        return content
    }

    private mutating func addContent(to entry: inout TarEntry) {
        guard chance(of: 3) else {
            entry.size = chance(of: 3) ? 512 * UInt64(next() % 4) : next() % 3000
            return
        }
        var extents: [TarExtent] = []
        var end: UInt64 = 0
        let parts = next() % 10
        for part in 0..<parts {
            let offset = end + next() % 300, count = part + 1 == parts ? 1 + next() % 1000 : 512 * (1 + next() % 2)
            extents.append(TarExtent(offset: offset, count: count))
            end = offset + count
        }
        entry.extents = extents
        entry.size = end + (chance(of: 2) ? 0 : next() % 5000)
    }

    private mutating func kind() -> TarKind {
        switch next() % 10 {
        case 0: .directory
        case 1: .fifo
        case 2: .hardLink(target: name(upTo: 150))
        case 3: .symbolicLink(target: name(upTo: 300))
        case 4: .characterDevice(device())
        case 5: .blockDevice(device())
        default: .file
        }
    }

    private mutating func device() -> TarDevice {
        TarDevice(major: UInt32(next() % 2_097_152), minor: UInt32(next() % 2_097_152))
    }

    private mutating func owner() -> Int64 {
        switch next() % 4 {
        case 0: 0
        case 1: Int64(next() % 65_536)
        case 2: Int64([2_097_151, 2_097_152, 1 << 31, (1 << 32) - 2].randomElement(using: &self) ?? 0)
        default: Int64(next() >> 1)
        }
    }

    private mutating func time() -> TarTime {
        let seconds: Int64 =
            switch next() % 4 {
            case 0: 0
            case 1: Int64(next() % 8_589_934_592)
            case 2: [-1, -2, 8_589_934_591, 8_589_934_592].randomElement(using: &self) ?? 0
            default: Int64(next() >> 2) - (1 << 61)
            }
        return TarTime(seconds: seconds, nanoseconds: chance(of: 2) ? 0 : UInt32(next() % 1_000_000_000))
    }

    /// A name that is not empty and does not end with a slash.
    private mutating func name(upTo most: Int) -> [UInt8] {
        let alphabet: [UInt8] = Array("aZ0.=%\n /é".utf8) + [0xff, 0x01]
        let count = Int.random(in: 0..<most, using: &self)
        return (0..<count).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] } + [UInt8(ascii: "z")]
    }
}
