// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// The body of a call as the client sends it. The client picks the encoding by its size.
///
/// JSON writes a control character as up to six bytes, and base64 writes three bytes as four. A part of a form has the
/// bytes as they are.
struct CallBody: Equatable {
    /// The header `Content-Type`.
    let type: String
    let bytes: [UInt8]

    /// The smallest saving in bytes for which a field becomes a part of a form. The lines of a part are shorter.
    static let smallestSaving = 1024

    /// Makes a body of any bytes.
    init(_ bytes: [UInt8]) {
        type = RouteSuccess.anyBytes
        self.bytes = bytes
    }

    /// Encodes `request`.
    ///
    /// - Parameters:
    ///   - acceptsForm: whether the call also accepts a form.
    ///   - boundary: the boundary of a form, a text that occurs in no part.
    init(_ request: JSONValue, acceptsForm: Bool, boundary: @autoclosure () -> String = randomBoundary()) {
        var (fields, parts) = (request, [FormBody.Part]())
        if acceptsForm { (fields, parts) = split(request) }
        let rest = withShortContents(fields)
        if parts.isEmpty {
            type = "application/json"
            bytes = rest.bytes
        } else {
            let boundary = boundary()
            type = "\(FormBody.type); boundary=\(boundary)"
            bytes = FormBody.encode(rest, parts, boundary: boundary)
        }
    }
}

private func randomBoundary() -> String { "outpost-" + hexadecimal(UInt64.random(in: 0...UInt64.max), digits: 16) }

/// Takes the large fields out of `request`.
///
/// - Returns: the other fields, and a part for each large one.
private func split(_ request: JSONValue) -> (JSONValue, [FormBody.Part]) {
    guard case .object(var object) = request else { return (request, []) }
    var parts: [FormBody.Part] = []
    if let code = object["code"]?.stringValue, jsonSize(code) - code.utf8.count > CallBody.smallestSaving {
        object["code"] = nil
        parts.append(FormBody.Part(name: "code", content: Array(code.utf8)))
    }
    if let stdin = largeContent(object, "stdin") {
        object["stdin"] = nil
        object["stdin_base64"] = nil
        parts.append(FormBody.Part(name: "stdin", content: stdin))
    }
    if let files = object["files"]?.arrayValue {
        let split = files.map { (file: $0, part: filePart($0)) }
        parts += split.compactMap(\.part)
        object["files"] = .array(split.filter { $0.part == nil }.map(\.file))
    }
    return (.object(object), parts)
}

/// Returns a file as a part; nil when it must stay in the JSON. A part has no permissions, and its path is in a header.
private func filePart(_ json: JSONValue) -> FormBody.Part? {
    guard let object = json.objectValue, let path = object["path"]?.stringValue, fitsHeader(path),
        let content = largeContent(object, "content")
    else { return nil }
    let file = SandboxFile(path: path, content: content)
    let mode = object["mode"]?.stringValue.flatMap { UInt32($0, radix: 8) } ?? file.mode
    return mode == file.mode ? FormBody.Part(name: "files", path: path, content: content) : nil
}

/// Whether every client and server reads `path` from a quoted parameter of a header in the same way.
private func fitsHeader(_ path: String) -> Bool {
    path.utf8.allSatisfy { (0x20...0x7E).contains($0) && !"\"\\%".utf8.contains($0) }
}

/// Returns the bytes of the member `name` or `name_base64` when a part would save enough; else nil.
private func largeContent(_ object: JSONObject, _ name: String) -> [UInt8]? {
    if let text = object[name]?.stringValue {
        let count = text.utf8.count
        let saving = min(jsonSize(text), base64Size(count)) - count
        return saving > CallBody.smallestSaving ? Array(text.utf8) : nil
    }
    guard let text = object[name + "_base64"]?.stringValue, text.utf8.count / 4 > CallBody.smallestSaving else {
        return nil
    }
    return Base64.decode(text)
}

/// Returns `request` with each text of `stdin` and of a file in base64, where that is shorter.
private func withShortContents(_ request: JSONValue) -> JSONValue {
    guard case .object(var object) = request else { return request }
    shorten("stdin", of: &object)
    if let files = object["files"]?.arrayValue {
        object["files"] = .array(
            files.map { file in
                guard case .object(var file) = file else { return file }
                shorten("content", of: &file)
                return .object(file)
            })
    }
    if let jobs = object["jobs"]?.arrayValue { object["jobs"] = .array(jobs.map(withShortContents)) }
    return .object(object)
}

private func shorten(_ name: String, of object: inout JSONObject) {
    guard let text = object[name]?.stringValue, jsonSize(text) > base64Size(text.utf8.count) + "_base64".utf8.count
    else { return }
    object[name] = nil
    object[name + "_base64"] = .string(Base64.encode(Array(text.utf8)))
}

/// Returns the number of bytes of `text` in a JSON string, without the quotation marks (RFC 8259, section 7).
private func jsonSize(_ text: String) -> Int {
    var text = text
    return text.withUTF8 { bytes in
        bytes.reduce(0) { size, byte in
            switch byte {
            case 0x08, 0x09, 0x0A, 0x0C, 0x0D, UInt8(ascii: "\""), UInt8(ascii: "\\"): size + 2
            case ..<0x20: size + 6
            default: size + 1
            }
        }
    }
}

/// Returns the length of `count` bytes in base64 with padding (RFC 4648, section 4).
private func base64Size(_ count: Int) -> Int { (count + 2) / 3 * 4 }
