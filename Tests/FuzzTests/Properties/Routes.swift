// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

func checkRoutes(_ input: [UInt8]) throws -> Verdict {
    let target = Array(String(decoding: input, as: UTF8.self).utf8)
    let path = target.prefix { $0 != UInt8(ascii: "?") }
    let hasRoute = try checkPath(Array(path))
    let pairs = queryPairs(target.dropFirst(path.count + 1))
    let accepted = [
        try checkQuery(pairs, { (pairs) throws(OutpostError) in try SandboxListQuery(query: pairs) }, \.pairs),
        try checkQuery(pairs, { (pairs) throws(OutpostError) in try ListQuery<TokenSortField>(query: pairs) }, \.pairs),
        try checkQuery(
            pairs, { (pairs) throws(OutpostError) in try ListQuery<LanguageSortField>(query: pairs) }, \.pairs),
    ]
    try checkIdempotencyKey(target)
    return hasRoute && accepted.contains(true) ? .accepted : .refused
}

private let slash = UInt8(ascii: "/")

private func segments(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
    path.split(separator: slash, omittingEmptySubsequences: false)
}

private func isParameter(_ segment: ArraySlice<UInt8>) -> Bool { segment.first == UInt8(ascii: "{") }

/// The templates of all routes, as segments.
private let templates = Set(RouteTable.all.map(\.path.text)).map { (text: $0, segments: segments(Array($0.utf8))) }

/// Whether the path of these segments, byte by byte, is what the template of those describes.
private func fits(_ path: [ArraySlice<UInt8>], _ template: [ArraySlice<UInt8>]) -> Bool {
    (template.last.map(isRest) == true ? template.count <= path.count : template.count == path.count)
        && zip(template, path).allSatisfy { isRest($0) || (isParameter($0) ? !$1.isEmpty : $0 == $1) }
}

/// Whether the segment takes the rest of a path.
private func isRest(_ segment: ArraySlice<UInt8>) -> Bool { isParameter(segment) && segment.contains(dot) }

private let dot = UInt8(ascii: ".")

/// For each segment 0 for a literal, 1 for a parameter and 2 for the rest of the path; of the templates that fit, the least in this order wins.
private func rank(_ template: [ArraySlice<UInt8>]) -> [Int] {
    template.map { isRest($0) ? 2 : isParameter($0) ? 1 : 0 }
}

/// - Returns: whether there is something at `path`.
private func checkPath(_ path: [UInt8]) throws -> Bool {
    let fitting = templates.filter { fits(segments(path), $0.segments) }
    let expected = fitting.min { rank($0.segments).lexicographicallyPrecedes(rank($1.segments)) }?.text
    guard let match = RouteTable.match(String(decoding: path, as: UTF8.self)) else {
        try promise(expected == nil, "\(expected ?? "") is not found")
        return false
    }
    try promise(match.template.text == expected, "it is taken for \(match.template.text)")
    let filled = segments(Array(match.template.text.utf8)).map { segment -> [UInt8] in
        guard isParameter(segment) else { return Array(segment) }
        let name = String(decoding: segment.dropFirst().dropLast().filter { $0 != dot }, as: UTF8.self)
        return Array((match.parameters[name] ?? "").utf8)
    }
    try promise(Array(filled.joined(separator: [slash])) == path, "its parameters are \(match.parameters)")
    let single = match.parameters.filter { !match.template.text.contains("{\($0.key)...}") }
    try promise(single.values.allSatisfy { !$0.utf8.contains(slash) }, "a slash in \(match.parameters)")
    try promise(!match.routes.isEmpty, "there is no method for it")
    try promise(Set(match.routes.map(\.method)).count == match.routes.count, "two routes for one method")
    return true
}

/// - Returns: whether `pairs` are such a query. If so it must survive the way to a URL and back.
private func checkQuery<Query: Equatable>(
    _ pairs: [(name: String, value: String)],
    _ decode: ([(name: String, value: String)]) throws(OutpostError) -> Query,
    _ encode: (Query) -> [(name: String, value: String)]
) throws -> Bool {
    let query: Query
    do {
        query = try decode(pairs)
    } catch {
        try promise(error.code == .invalidRequest, "a query refused with \(error.code)")
        try checkRefusal(error)
        return false
    }
    let again = try promised("the pairs of \(query) are refused") { try decode(encode(query)) }
    try promise(again == query, "\(query) comes back as \(again)")
    return true
}

private func checkIdempotencyKey(_ key: [UInt8]) throws {
    let isKey = (1...128).contains(key.count) && key.allSatisfy { (0x20...0x7e).contains($0) }
    do {
        try RequestHeaders.checkIdempotencyKey(String(decoding: key, as: UTF8.self))
        try promise(isKey, "it is taken for a key")
    } catch let error as OutpostError {
        try promise(!isKey, "a key is refused")
        try checkRefusal(error)
    }
}

/// `a=b&c=%20` as names and values.
private func queryPairs(_ query: ArraySlice<UInt8>) -> [(name: String, value: String)] {
    query.split(separator: UInt8(ascii: "&")).map { pair in
        let name = pair.prefix { $0 != UInt8(ascii: "=") }
        return (
            name: String(decoding: name, as: UTF8.self),
            value: String(decoding: percentDecoded(pair.dropFirst(name.count + 1)), as: UTF8.self)
        )
    }
}

private func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var decoded: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        if byte == UInt8(ascii: "%"), let value = UInt8(digits, radix: 16) {
            decoded.append(value)
            rest = rest.dropFirst(2)
        } else {
            decoded.append(byte)
        }
    }
    return decoded
}
