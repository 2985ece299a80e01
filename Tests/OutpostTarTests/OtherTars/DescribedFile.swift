// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostTar

/// An entry or a file in words that all programs can be brought to. `Scripts/describe.py` writes the same.
struct DescribedFile: Codable, Equatable {
    /// In hexadecimal, without a slash at the end.
    var path: String
    var kind: String
    var mode: UInt32
    var uid: Int64
    var gid: Int64
    var size: UInt64
    /// CRC-32 of the content with its holes.
    var checksum: UInt32
    /// Seconds and nanoseconds.
    var time: [Int64]
    var target: String
    var device: [UInt32]
    /// In hexadecimal.
    var attributes: [String: String]

    init(_ entry: TarEntry, content: [UInt8]) {
        path = hexadecimal(withoutSlash(entry.path))
        (kind, target, device) = entry.kind.described
        mode = entry.mode
        uid = entry.uid
        gid = entry.gid
        size = entry.size
        checksum = crc32(content)
        time = [entry.modified.seconds, Int64(entry.modified.nanoseconds)]
        attributes = Dictionary(
            uniqueKeysWithValues: entry.attributes.map { (hexadecimal($0.key[...]), hexadecimal($0.value[...])) })
    }

    /// The entries of an archive, as our reader finds them.
    static func read(_ archive: Data) throws -> [DescribedFile] {
        let reading = Reading([UInt8](archive))
        if let error = reading.error { throw error }
        return zip(reading.entries, reading.contents).map { DescribedFile($0, content: $1) }
    }

    /// The same with another name, for another link to the file.
    func named(_ path: String) -> DescribedFile {
        var file = self
        file.path = path
        return file
    }
}

extension [DescribedFile] {
    /// The tree of files that these entries make: by path, with hard links as the files that they are.
    var tree: [String: DescribedFile] {
        reduce(into: [:]) { tree, entry in
            let path = treePath(entry.path)
            guard !path.isEmpty else { return }
            let file = entry.kind == "hard link" ? tree[treePath(entry.target)] : entry
            tree[path] = file?.named(path)
        }
    }
}

/// Without `./` at its beginning, all in hexadecimal.
private func treePath(_ path: String) -> String {
    if path == "2e" { return "" }
    return path.hasPrefix("2e2f") ? String(path.dropFirst(4)) : path
}

private func withoutSlash(_ path: [UInt8]) -> ArraySlice<UInt8> {
    path.last == UInt8(ascii: "/") ? path.dropLast() : path[...]
}

private func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private let crcTable: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
}

func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in crcTable[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
}

extension TarKind {
    fileprivate var described: (kind: String, target: String, device: [UInt32]) {
        switch self {
        case .file: ("file", "", [0, 0])
        case .hardLink(let target): ("hard link", hexadecimal(withoutSlash(target)), [0, 0])
        case .symbolicLink(let target): ("link", hexadecimal(target[...]), [0, 0])
        case .characterDevice(let device): ("character device", "", [device.major, device.minor])
        case .blockDevice(let device): ("block device", "", [device.major, device.minor])
        case .directory: ("directory", "", [0, 0])
        case .fifo: ("fifo", "", [0, 0])
        }
    }
}
