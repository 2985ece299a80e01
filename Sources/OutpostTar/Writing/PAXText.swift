// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A moment as the value of a record: `1700000000.25`, and `-0.5` for half a second before 1970.
func paxText(_ time: TarTime) -> String {
    guard time.nanoseconds > 0 else { return String(time.seconds) }
    let isNegative = time.seconds < 0
    let nanoseconds = isNegative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds
    let whole = (time.seconds + (isNegative ? 1 : 0)).magnitude
    var digits = String(nanoseconds)
    digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
    while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
    return "\(isNegative ? "-" : "")\(whole).\(digits)"
}

/// The map of a sparse file in PAX format 1.0, padded to whole blocks (GNU tar manual, "Storing Sparse Files").
///
/// A file that ends with a hole has an empty part at its end, because GNU tar makes a file no longer than its last part.
func sparseMapText(_ extents: [TarExtent], size: UInt64) -> [UInt8] {
    var parts = extents
    let end = parts.last.map { $0.offset + $0.count } ?? 0
    if end < size || parts.isEmpty { parts.append(TarExtent(offset: size, count: 0)) }
    var text = Array("\(parts.count)\n".utf8)
    for part in parts { text += "\(part.offset)\n\(part.count)\n".utf8 }
    return text + [UInt8](repeating: 0, count: paddingBytes(after: UInt64(text.count)))
}
