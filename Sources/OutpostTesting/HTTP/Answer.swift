// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
public import OutpostAPI
import OutpostCore

/// The answer of a server, with any status.
public struct Answer: Sendable {
    /// The status code.
    public let status: Int
    private let headers: HTTPHeaders
    /// The bytes of the body.
    public let body: [UInt8]

    init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Returns the first value of a header. Nil when there is none.
    public func header(_ name: String) -> String? { headers.first(name: name) }

    /// The body as text. Bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Parses the body as JSON.
    public func json() throws -> JSONValue { try JSONValue(parsing: body) }

    /// Returns the body of a successful answer.
    ///
    /// - Throws: `FixtureError` with the whole answer when the status or the body is not as expected.
    public func decoded<Body: JSONBody>(_ type: Body.Type, status expected: Int = 200) throws -> Body {
        guard status == expected else { throw FixtureError("expected \(expected), but the answer is \(self)") }
        do {
            return try Body(reply: body)
        } catch {
            throw FixtureError("\(error.message) in the answer \(self)")
        }
    }

    /// Returns the body of an error.
    ///
    /// - Throws: `FixtureError` when the answer is not an error of the API.
    public func error() throws -> ErrorBody {
        guard status >= 400 else { throw FixtureError("expected an error, but the answer is \(self)") }
        return try decoded(ErrorBody.self, status: status)
    }
}

extension Answer: CustomStringConvertible {
    /// The status and the start of the body.
    public var description: String { "\(status) \(text.prefix(600))" }
}
