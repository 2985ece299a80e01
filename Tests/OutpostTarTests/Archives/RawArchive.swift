// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// `bytes` with zeros behind them up to whole blocks.
func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512) }

func padded(_ text: String) -> [UInt8] { padded(Array(text.utf8)) }

let zeroBlock = [UInt8](repeating: 0, count: 512)
let archiveEnd = zeroBlock + zeroBlock

/// A record of a PAX header with its right length.
func record(_ keyword: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(keyword)=".utf8) + value + Array("\n".utf8)
    let length = (rest.count...(rest.count + 20)).first { String($0).utf8.count + rest.count == $0 } ?? 0
    return Array(String(length).utf8) + rest
}

func record(_ keyword: String, _ value: String) -> [UInt8] { record(keyword, Array(value.utf8)) }

/// A header whose body are these bytes.
func header(_ type: Character, body: [UInt8]) -> [UInt8] {
    RawHeader("extended", type: type, size: body.count).summed + padded(body)
}

/// A PAX header.
func pax(_ records: KeyValuePairs<String, String>, type: Character = "x") -> [UInt8] {
    header(type, body: records.flatMap { record($0.key, $0.value) })
}

/// A file with PAX records and this content.
func file(_ name: String, _ content: String = "", _ records: KeyValuePairs<String, String> = [:]) -> [UInt8] {
    (records.isEmpty ? [] : pax(records)) + RawHeader(name, size: content.utf8.count).summed + padded(content)
}
