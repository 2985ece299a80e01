// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A message for people that can name parts of a request. `spelled` turns it into text with the names of the reader's
/// dialect.
///
/// Write it as a string literal: `"is also the path of \(Parameter.files[1])"`.
public struct ErrorText: Hashable, Sendable {
    fileprivate enum Part: Hashable, Sendable {
        case text(String)
        case parameter(Parameter)
    }

    private var parts: [Part]

    /// A text without names of parts, or with names that are already spelled.
    public init(_ text: String) { parts = [.text(text)] }

    private init(parts: [Part]) { self.parts = parts }

    /// A text that is only the name of a part.
    public init(_ parameter: Parameter) { parts = [.parameter(parameter)] }

    /// Joins two messages.
    public static func + (left: ErrorText, right: ErrorText) -> ErrorText {
        ErrorText(parts: left.parts + right.parts)
    }

    /// The text with each part named by `spelling`.
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

/// The text for the log, with the neutral names of `Parameter`.
extension ErrorText: CustomStringConvertible {
    public var description: String { spelled(\.description) }
}
