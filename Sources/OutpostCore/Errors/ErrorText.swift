// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A text for people that may name parts of a request. It is spelled when it is known who reads it.
///
/// Written as a string: `"is also that of \(Parameter.files[1])"`.
public struct ErrorText: Hashable, Sendable {
    fileprivate enum Part: Hashable, Sendable {
        case text(String)
        case parameter(Parameter)
    }

    private var parts: [Part]

    /// Text that names nothing, or names it in the reader's words already.
    public init(_ text: String) { parts = [.text(text)] }

    private init(parts: [Part]) { self.parts = parts }

    /// The name of a part, and nothing else.
    public init(_ parameter: Parameter) { parts = [.parameter(parameter)] }

    public static func + (left: ErrorText, right: ErrorText) -> ErrorText {
        ErrorText(parts: left.parts + right.parts)
    }

    /// The text as `spelling` names the parts.
    public func spelled(_ spelling: (Parameter) -> String) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .text(let words): text += words
            case .parameter(let parameter): text += spelling(parameter)
            }
        }
    }

}

extension ErrorText: ExpressibleByStringInterpolation {
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { parts.append(.text(literal)) }
        }

        public mutating func appendInterpolation(_ parameter: Parameter) { parts.append(.parameter(parameter)) }

        public mutating func appendInterpolation(_ text: ErrorText) { parts += text.parts }

        public mutating func appendInterpolation<Value>(_ value: Value) { parts.append(.text("\(value)")) }
    }

    public init(stringLiteral text: String) { self.init(text) }

    public init(stringInterpolation text: StringInterpolation) { parts = text.parts }
}

/// For the log, which belongs to no dialect.
extension ErrorText: CustomStringConvertible {
    public var description: String { spelled(\.description) }
}
