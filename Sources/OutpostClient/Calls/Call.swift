// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// One call of the API, as data.
struct Call: Sendable {
    /// Seconds that the server may take for a call that runs no program.
    static let ordinaryTimeout: Int64 = 60
    /// The media type of a stream of events.
    static let eventStream = "text/event-stream"

    let operation: RouteOperation
    /// Of the path; not percent-encoded.
    var parameters: [String: String] = [:]
    /// Not percent-encoded.
    var query: [(name: String, value: String)] = []
    var body: JSONValue?
    /// Whether the bytes in the body that are no text go as they are.
    var isForm: Bool {
        RouteTable.route(operation)?.acceptsForm == true && body?.objectValue?["stdin_base64"] != nil
    }
    /// Seconds until the client gives up, unless the answer has begun.
    var timeout = Call.ordinaryTimeout
    /// The media type of the answer.
    var accept = "application/json"

    /// The method, and the path with its parameters filled in.
    ///
    /// - Throws: `internal` when the route table has no such call or a parameter is missing.
    func target() throws(OutpostError) -> (method: String, path: String) {
        guard let route = RouteTable.route(operation) else {
            throw OutpostError(.internal, "the API has no call \(operation.rawValue)")
        }
        var path = route.path.text
        for name in route.path.parameters {
            guard let value = parameters[name] else {
                throw OutpostError(.internal, "the call \(operation.rawValue) lacks its \(name)")
            }
            path = replaced(path, "{\(name)}", with: percentEncoded(value))
        }
        return (route.method.rawValue, path)
    }
}

/// `path` with the segment `old` replaced.
private func replaced(_ path: String, _ old: String, with new: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { $0 == old ? new[...] : $0 }
        .joined(separator: "/")
}
