// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// A message to a kernel.
struct KernelCommand {
    var type: String
    var id: Int
    var code: String?
    var cursor: Int?
    var detail: Bool?
    var max_result_bytes: Int?

    /// The message as a frame.
    var frame: [UInt8] {
        var message = JSONObject([(name: "type", value: .string(type)), (name: "id", value: .integer(Int64(id)))])
        message["code"] = code.map { .string($0) }
        message["cursor"] = cursor.map { .integer(Int64($0)) }
        message["detail"] = detail.map { .bool($0) }
        message["max_result_bytes"] = max_result_bytes.map { .integer(Int64($0)) }
        return KernelFrames.frame(JSONValue.object(message).bytes)
    }
}

/// A message of a kernel. Nothing in it is trusted.
struct KernelReply {
    struct Failure {
        var name: String
        var value: String
        var traceback: [String]
    }

    var type: String
    var id: Int?
    var data: [String: String]?
    var json: [String: String]?
    var is_main_result: Bool?
    var display_id: String?
    var update: Bool?
    var omitted: [String: Int]?
    var status: String?
    var error: Failure?
    var execution_count: Int?
    var matches: [String]?
    var cursor_start: Int?
    var cursor_end: Int?
    var found: Bool?
    var `protocol`: Int?
    var version: String?
    var implementation: String?

    /// - Returns: nil for bytes that are not a message.
    init?(_ bytes: [UInt8]) {
        guard let object = (try? JSONValue(parsing: bytes))?.objectValue else { return nil }
        do throws(OutpostError) {
            try self.init(object)
        } catch {
            return nil
        }
    }

    private init(_ object: JSONObject) throws(OutpostError) {
        type = try object.required("type", \.stringValue)
        id = try object.optional("id", \.integerValue)
        data = try object.optional("data") { $0.members(\.stringValue) }
        json = try object.optional("json") { $0.members(\.stringValue) }
        is_main_result = try object.optional("is_main_result", \.boolValue)
        display_id = try object.optional("display_id", \.stringValue)
        update = try object.optional("update", \.boolValue)
        omitted = try object.optional("omitted") { $0.members(\.integerValue) }
        status = try object.optional("status", \.stringValue)
        error = try object.optional("error", Failure.init)
        execution_count = try object.optional("execution_count", \.integerValue)
        matches = try object.optional("matches") { $0.elements(\.stringValue) }
        cursor_start = try object.optional("cursor_start", \.integerValue)
        cursor_end = try object.optional("cursor_end", \.integerValue)
        found = try object.optional("found", \.boolValue)
        `protocol` = try object.optional("protocol", \.integerValue)
        version = try object.optional("version", \.stringValue)
        implementation = try object.optional("implementation", \.stringValue)
    }

    var result: KernelResult {
        KernelResult(
            data: bundle, isMain: is_main_result ?? false, displayID: display_id, isUpdate: update ?? false,
            omitted: omitted ?? [:])
    }

    var bundle: KernelData { KernelData(texts: data ?? [:], json: json ?? [:]) }

    var failure: KernelError? {
        error.map { KernelError(name: $0.name, value: $0.value, traceback: $0.traceback) }
    }
}

extension KernelReply.Failure {
    /// - Returns: nil for another value than an error.
    init?(_ value: JSONValue) {
        guard let name = value["name"]?.stringValue, let text = value["value"]?.stringValue,
            let lines = value["traceback"]?.elements(\.stringValue)
        else { return nil }
        (self.name, self.value, traceback) = (name, text, lines)
    }
}

extension JSONValue {
    /// The members of an object by name, converted by `read`; nil for another value, and when one cannot be converted.
    fileprivate func members<Value>(_ read: (JSONValue) -> Value?) -> [String: Value]? {
        guard let members = objectValue?.members else { return nil }
        var result: [String: Value] = [:]
        for member in members {
            guard let value = read(member.value) else { return nil }
            result[member.name] = value
        }
        return result
    }

    /// The elements of an array, converted by `read`; nil for another value, and when one cannot be converted.
    fileprivate func elements<Element>(_ read: (JSONValue) -> Element?) -> [Element]? {
        guard let elements = arrayValue else { return nil }
        let result = elements.compactMap(read)
        return result.count == elements.count ? result : nil
    }
}
