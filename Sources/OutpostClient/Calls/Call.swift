// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostCore

/// The description of one call of the API.
struct Call: Sendable {
    let operation: RouteOperation
    /// The parameters of the path, not percent-encoded.
    var parameters: [String: String] = [:]
    /// The parameters of the query, not percent-encoded.
    var query: [(name: String, value: String)] = []
    var body: JSONValue?
    /// A body of any bytes, in place of `body`.
    var bytes: [UInt8]?
    /// The seconds until the client gives up. The limit ends when the answer begins.
    var timeout = Call.ordinaryTimeout
    /// The method when it is not the one of the route: HEAD in place of GET.
    var method: String?
    /// The media type of the answer.
    var accept = "application/json"

    /// The timeout in seconds of a call that does not run a program.
    static let ordinaryTimeout: Int64 = 60
    /// The media type of a stream of events.
    static let eventStream = "text/event-stream"

    /// The body as bytes; nil for a call without a body.
    var encodedBody: CallBody? {
        if let bytes { return CallBody(bytes) }
        return body.map { CallBody($0, acceptsForm: RouteTable.route(operation)?.acceptsForm == true) }
    }

    /// Returns the method, and the path with its parameters filled in.
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
            let encoded = percentEncoded(value)
            path = replaced(path, "{\(name)}", with: encoded)
            path = replaced(path, "{\(name)...}", with: encoded)
        }
        return (method ?? route.method.rawValue, path)
    }
}

/// Returns `path` with each segment `old` replaced by `new`.
private func replaced(_ path: String, _ old: String, with new: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { $0 == old ? new[...] : $0 }
        .joined(separator: "/")
}
