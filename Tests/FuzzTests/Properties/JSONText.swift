// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI

/// The value that `input` spells, nil when it is refused. It must read back the same when it is written, and
/// Foundation's reader, which takes more, must find the same in it.
func checkedJSON(_ input: [UInt8]) throws -> JSONValue? {
    let value: JSONValue
    do {
        value = try JSONValue(parsing: input)
    } catch {
        try promise((0...input.count).contains(error.offset), "refused at \(error.offset) of \(input.count)")
        return nil
    }
    let bytes = value.bytes
    let again = try promised("what it writes cannot be read") { try JSONValue(parsing: bytes) }
    try promise(again == value, "it reads back as another value")
    try promise(again.bytes == bytes, "it reads back with other bytes")
    let other = try promised("Foundation refuses it") {
        try JSONSerialization.jsonObject(with: Data(input), options: [.fragmentsAllowed])
    }
    try promise(agree(value, other), "Foundation finds another value: \(other)")
    return value
}

private func agree(_ value: JSONValue, _ other: Any) -> Bool {
    switch value {
    case .null: other is NSNull
    case .bool(let truth): (other as? Bool) == truth
    // Foundation rounds what has more digits than it keeps.
    case .integer, .number: other is NSNumber
    case .string(let text): (other as? String).map { Array($0.utf8) == Array(text.utf8) } ?? false
    case .array(let elements):
        (other as? [Any]).map { $0.count == elements.count && zip(elements, $0).allSatisfy(agree) } ?? false
    case .object(let object): (other as? [String: Any]).map { agree(object, $0) } ?? false
    }
}

private func agree(_ object: JSONObject, _ others: [String: Any]) -> Bool {
    // Swift's dictionaries take two spellings of a character for one, so they keep one of such names.
    guard Set(object.members.map(\.name)).count == object.count else { return others.count < object.count }
    return others.count == object.count
        && object.members.allSatisfy { member in others[member.name].map { agree(member.value, $0) } ?? false }
}
