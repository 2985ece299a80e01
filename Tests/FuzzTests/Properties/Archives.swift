// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar

/// The first byte of `input` says how to cut the rest into pieces. The rest is read twice: as it is, and with the sums of
/// all blocks put right, because almost no input of chance has a right one.
func checkArchives(_ input: [UInt8]) throws -> Verdict {
    guard let seed = input.first else { return .refused }
    let archive = Array(input.dropFirst())
    let verdict = try checkArchive(archive, seed: seed)
    _ = try checkArchive(withRightSums(archive), seed: seed)
    return verdict
}

private func checkArchive(_ archive: [UInt8], seed: UInt8) throws -> Verdict {
    let stream = ArchiveStream([archive[...]])
    let cut = ArchiveStream(pieces(of: archive[...], seed: seed))
    try promise(cut == stream, "pieces make other entries than the whole")
    try checkSmallLimits(archive, stream)
    try checkPlainly(archive, stream)
    try promise(stream.dataBytes <= archive.count, "\(stream.dataBytes) bytes of data in \(archive.count) bytes")
    if let error = stream.error {
        try promise(error.offset <= UInt64(archive.count), "refused at \(error.offset) of \(archive.count)")
        try promise((1...200).contains(error.message.utf8.count), "a refusal of \(error.message.utf8.count) bytes")
        return .refused
    }
    try checkRewriting(stream)
    return stream.entries.isEmpty ? .refused : .accepted
}

/// Limits refuse, or make no difference.
private func checkSmallLimits(_ archive: [UInt8], _ stream: ArchiveStream) throws {
    let limits = TarLimits(extendedHeaderBytes: 600, pathBytes: 200, sparseExtents: 6, headersBeforeEntry: 3)
    let limited = ArchiveStream([archive[...]], limits: limits)
    try promise(limited == stream || limited.error?.code == .limitExceeded, "with limits it is another archive")
    for entry in limited.entries.map(\.entry) {
        try promise(entry.path.count <= 200 && entry.extents?.count ?? 0 <= 6, "limits are not kept")
    }
}

/// What a plain reading finds up to the first header that it does not know must be there.
private func checkPlainly(_ archive: [UInt8], _ stream: ArchiveStream) throws {
    for (position, plain) in plainEntries(archive).enumerated() {
        guard position < stream.entries.count else {
            return try promise(stream.error != nil, "a plain reading finds \(plain.path) too")
        }
        let found = stream.entries[position]
        try promise(found.entry.path == plain.path, "a plain reading finds the name \(plain.path)")
        let content = plain.content.isEmpty ? [] : [ArchiveStream.Part.data(plain.content, offset: 0)]
        try promise(found.content == content, "a plain reading finds another content of \(plain.path)")
    }
}

/// What is accepted comes back the same when it is written again, unless the writer says why it does not write it.
private func checkRewriting(_ stream: ArchiveStream) throws {
    var writer = TarWriter(keepsNanoseconds: true)
    var bytes: [UInt8] = []
    var expected: [ArchiveStream.Entry] = []
    for entry in stream.entries {
        do {
            bytes += try writer.begin(entry.entry)
        } catch {
            try promise([.badName, .unwritable].contains(error.code), "the writer refuses with \(error.code)")
            continue
        }
        try promised("the content does not fit its entry") {
            for part in entry.content {
                if case .data(let data, _) = part { bytes += try writer.content(data[...]) }
            }
            bytes += try writer.end()
        }
        expected.append(entry)
    }
    bytes += try promised("the archive cannot end") { try writer.finish() }
    let again = ArchiveStream([bytes[...]])
    try promise(again.error == nil, "what is written again is refused: \(again.error?.message ?? "")")
    try promise(again.entries == expected, "what is written again is another archive")
}

private func withRightSums(_ archive: [UInt8]) -> [UInt8] {
    var bytes = archive
    for start in stride(from: 0, through: archive.count - 512, by: 512) {
        guard archive[start..<(start + 512)].contains(where: { $0 != 0 }) else { continue }
        let sum = plainSum(archive[start..<(start + 512)])
        let digits = Array(String(sum, radix: 8).utf8)
        let field = [UInt8](repeating: UInt8(ascii: "0"), count: 7 - digits.count) + digits + [0]
        bytes.replaceSubrange((start + 148)..<(start + 156), with: field)
    }
    return bytes
}

/// The sum of a header with spaces in the place of the sum.
private func plainSum(_ block: ArraySlice<UInt8>) -> Int {
    block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
}

/// Files and directories up to the first header of another type, read in the plainest way: ustar or V7, octal digits.
private func plainEntries(_ archive: [UInt8]) -> [(path: [UInt8], content: [UInt8])] {
    var entries: [(path: [UInt8], content: [UInt8])] = []
    var start = 0
    while start + 512 <= archive.count {
        let block = Array(archive[start..<(start + 512)])
        guard plainNumber(block[148..<156]) == plainSum(block[...]), let size = plainNumber(block[124..<136]),
            (0...archive.count).contains(size), let prefix = plainPrefix(block),
            [UInt8(ascii: "0"), UInt8(ascii: "5")].contains(block[156])
        else { break }
        let stored = block[156] == UInt8(ascii: "0") ? size : 0
        let content = archive.dropFirst(start + 512).prefix(stored)
        guard content.count == stored else { break }
        entries.append((prefix + text(block[0..<100]), Array(content)))
        start += 512 + (stored + 511) / 512 * 512
    }
    return entries
}

/// What stands before the name, with a slash behind it; nil for a header of unknown layout.
private func plainPrefix(_ block: [UInt8]) -> [UInt8]? {
    guard block[257..<262].elementsEqual("ustar".utf8) else { return [] }
    if block[262..<265].elementsEqual("  \0".utf8) { return [] }
    let prefix = text(block[345..<500])
    return block[262] != 0 ? nil : prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]
}

private func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

private func plainNumber(_ field: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: field.prefix { $0 != 0 && $0 != 32 }, as: UTF8.self), radix: 8)
}
