// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

func checkBodies(_ input: [UInt8]) throws -> Verdict {
    try checkBytes(input)
    guard let value = try checkedJSON(input) else { return .refused }
    let accepted = [
        try checkRequest(SandboxRequest.self, value), try checkRequest(ExecutionRequest.self, value),
        try checkRequest(ExecuteRequest.self, value), try checkRequest(TokenRequest.self, value),
    ]
    return accepted.contains(true) ? .accepted : .refused
}

/// - Returns: whether `value` is such a request. If so it must survive the way to JSON and back.
private func checkRequest<Body: JSONBody & Equatable>(_: Body.Type, _ value: JSONValue) throws -> Bool {
    let body: Body
    do {
        body = try Body(request: value)
    } catch {
        try checkRefusal(error)
        return false
    }
    let bytes = body.json.bytes
    let again = try promised("what \(body) becomes as JSON is refused") { try Body(request: bytes) }
    try promise(again == body, "\(body) comes back as \(again)")
    try promise(again.json.bytes == bytes, "\(body) comes back with other bytes")
    return true
}

/// A refusal says what is wrong with which field, and is never as long as what it refuses.
func checkRefusal(_ error: OutpostError) throws {
    try promise([.invalidRequest, .unprocessable].contains(error.code), "a refusal with \(error.code)")
    try promise((1...32).contains(error.fields.count), "a refusal with \(error.fields.count) details")
    for detail in error.fields {
        try promise(!detail.field.isEmpty && !detail.problem.isEmpty, "a detail that says nothing")
        try promise(detail.field.utf8.count <= 512, "the name of a field in \(detail.field.utf8.count) bytes")
        try promise(detail.problem.utf8.count <= 512, "a problem in \(detail.problem.utf8.count) bytes")
    }
    try promise(error.message.utf8.count <= 1100, "a message of \(error.message.utf8.count) bytes")
    let body = ErrorBody(error, requestID: "req_0123456789ab")
    let again = try promised("a client cannot read the refusal") { try ErrorBody(reply: body.json.bytes) }
    try promise(again == body, "the refusal comes back as \(again)")
}
