// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
public import OutpostAPI
import OutpostCore

/// What a server answered, not yet judged.
public struct Answer: Sendable {
    public let status: Int
    private let headers: HTTPHeaders
    public let body: [UInt8]

    init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of a header, nil when it is absent; of several the first.
    public func header(_ name: String) -> String? { headers.first(name: name) }

    /// The body as text; bytes that are not UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    public func json() throws -> JSONValue { try JSONValue(parsing: body) }

    /// The body of an answer that went well.
    ///
    /// - Throws: `FixtureError` with the whole answer when the status is another, or the body is not as agreed.
    public func decoded<Body: JSONBody>(_ type: Body.Type, status expected: Int = 200) throws -> Body {
        guard status == expected else { throw FixtureError("expected \(expected), but the answer is \(self)") }
        do {
            return try Body(reply: body)
        } catch {
            throw FixtureError("\(error.message) in the answer \(self)")
        }
    }

    /// The body of an answer that is an error.
    ///
    /// - Throws: `FixtureError` when the answer is not an error in the one shape of the API.
    public func error() throws -> ErrorBody {
        guard status >= 400 else { throw FixtureError("expected an error, but the answer is \(self)") }
        return try decoded(ErrorBody.self, status: status)
    }
}

extension Answer: CustomStringConvertible {
    public var description: String { "\(status) \(text.prefix(600))" }
}
