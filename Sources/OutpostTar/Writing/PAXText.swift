// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A time as the value of a PAX record, such as `1700000000.25`. Half a second before 1970 is `-0.5`.
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
/// The map of a file that ends with a hole has an empty part at its end, because GNU tar ends a file with its last part.
func sparseMapText(_ extents: [TarExtent], size: UInt64) -> [UInt8] {
    var parts = extents
    let end = parts.last.map { $0.offset + $0.count } ?? 0
    if end < size || parts.isEmpty { parts.append(TarExtent(offset: size, count: 0)) }
    var text = Array("\(parts.count)\n".utf8)
    for part in parts { text += "\(part.offset)\n\(part.count)\n".utf8 }
    return text + [UInt8](repeating: 0, count: paddingBytes(after: UInt64(text.count)))
}
