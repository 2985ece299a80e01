// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar

/// An archive of ours with one entry for each thing that the writer does in a way of its own.
struct OwnArchive {
    private(set) var bytes: [UInt8] = []
    private(set) var files: [DescribedFile] = []
    private var writer: TarWriter

    init(keepsNanoseconds: Bool) throws {
        writer = TarWriter(keepsNanoseconds: keepsNanoseconds)
        let nanoseconds: UInt32 = keepsNanoseconds ? 123_456_789 : 0
        let modified = TarTime(seconds: 1_700_000_000, nanoseconds: nanoseconds)
        for entry in entries {
            var entry = entry
            if entry.modified == TarTime(seconds: 0) { entry.modified = modified }
            try add(entry)
        }
        bytes += try writer.finish()
    }

    private mutating func add(_ entry: TarEntry) throws {
        var content = [UInt8](repeating: 0, count: Int(entry.size))
        bytes += try writer.begin(entry)
        for extent in entry.extents ?? [TarExtent(offset: 0, count: entry.size)] {
            let range = Int(extent.offset)..<Int(extent.offset + extent.count)
            for position in range { content[position] = UInt8(truncatingIfNeeded: position &* 7 + 1) }
            bytes += try writer.content(content[range])
        }
        bytes += try writer.end()
        files.append(DescribedFile(entry, content: content))
    }

    private var entries: [TarEntry] {
        directories + plainFiles + links + nodes + longNames + largeNumbers + sparseFiles
    }

    private var directories: [TarEntry] {
        let part = String(repeating: "p", count: 59)
        let parts = (1...4).map { Array(repeating: part, count: $0).joined(separator: "/") }
        return (["directory", "directory/inner/", String(repeating: "n", count: 150)] + parts).map {
            TarEntry(path: Array($0.utf8), kind: .directory, mode: 0o1750, uid: 1000, gid: 100)
        }
    }

    private var plainFiles: [TarEntry] {
        [0, 1, 511, 512, 513, 100_000].map {
            TarEntry(path: Array("directory/\($0) bytes".utf8), kind: .file, mode: 0o4751, size: UInt64($0))
        } + [
            TarEntry(path: Array("grüße 文".utf8), kind: .file, size: 3),
            TarEntry(path: [0xff, 0xfe, 0x62], kind: .file, size: 3),
            TarEntry(path: [0xff] + Array(repeating: 0x61, count: 200), kind: .file, size: 3),
            TarEntry(
                path: Array("attributes".utf8), kind: .file, size: 1,
                attributes: [
                    Array("user.text".utf8): Array("value".utf8), Array("user.bytes".utf8): [0, 0x0a, 0x3d, 0xff],
                    Array("user.long".utf8): Array(repeating: 0x76, count: 700),
                ]),
        ]
    }

    private var links: [TarEntry] {
        let target = Array("directory/513 bytes".utf8)
        return [
            TarEntry(path: Array("hard link".utf8), kind: .hardLink(target: target), mode: 0o4751),
            TarEntry(path: Array("link".utf8), kind: .symbolicLink(target: target), mode: 0o777),
            TarEntry(
                path: Array("long link".utf8), kind: .symbolicLink(target: Array(repeating: 0x74, count: 300)),
                mode: 0o777),
        ]
    }

    private var nodes: [TarEntry] {
        [
            TarEntry(path: Array("fifo".utf8), kind: .fifo, mode: 0o622),
            TarEntry(path: Array("null".utf8), kind: .characterDevice(TarDevice(major: 1, minor: 3)), mode: 0o666),
            TarEntry(path: Array("disk".utf8), kind: .blockDevice(TarDevice(major: 259, minor: 70_000)), mode: 0o660),
        ]
    }

    private var longNames: [TarEntry] {
        [100, 101, 200, 255].map { count in
            let path = (1...count).map { $0 % 60 == 0 && $0 < count ? UInt8(ascii: "/") : UInt8(ascii: "p") }
            return TarEntry(path: path, kind: .file, size: 2)
        } + [TarEntry(path: Array(repeating: 0x6e, count: 255), kind: .file, size: 2)]
    }

    private var largeNumbers: [TarEntry] {
        [
            TarEntry(path: Array("ids".utf8), kind: .file, uid: 3_000_000, gid: 4_294_967_294, size: 1),
            TarEntry(path: Array("old".utf8), kind: .file, size: 1, modified: TarTime(seconds: -1000)),
            TarEntry(path: Array("new".utf8), kind: .file, size: 1, modified: TarTime(seconds: 8_589_934_597)),
        ]
    }

    private var sparseFiles: [TarEntry] {
        let many = (0..<100).map { TarExtent(offset: UInt64($0) * 10_000 + 5, count: $0 < 99 ? 1024 : 77) }
        return [
            TarEntry(path: Array("hole".utf8), kind: .file, size: 1 << 20, extents: []),
            TarEntry(path: Array("sparse".utf8), kind: .file, size: 1 << 20, extents: many),
            TarEntry(path: Array("no hole".utf8), kind: .file, size: 9, extents: [TarExtent(offset: 0, count: 9)]),
            TarEntry(
                path: Array("directory/\(String(repeating: "s", count: 180))".utf8), kind: .file, size: 1 << 19,
                extents: [TarExtent(offset: (1 << 19) - 10, count: 10)]),
        ]
    }
}
