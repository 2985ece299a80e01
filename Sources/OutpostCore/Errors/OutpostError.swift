// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One part of a request that was refused, and why.
public struct ParameterProblem: Hashable, Sendable {
    public let parameter: Parameter
    /// Follows the part's name, as in "must be at least 1".
    public let problem: ErrorText

    public init(_ parameter: Parameter, _ problem: ErrorText) {
        self.parameter = parameter
        self.problem = problem
    }
}

/// The one error of the product above the system-call tier.
public struct OutpostError: Error, Sendable {
    public let code: ErrorCode
    /// Safe to show to the caller, in the words of the caller's dialect.
    public let text: ErrorText
    public let details: [ParameterProblem]
    /// For the log only: may name paths, errnos and other internals.
    public let cause: (any Error)?
    /// Seconds after which the same call may succeed.
    public let retryAfter: Int?

    public init(
        _ code: ErrorCode, _ text: ErrorText, details: [ParameterProblem] = [], cause: (any Error)? = nil,
        retryAfter: Int? = nil
    ) {
        self.code = code
        self.text = text
        self.details = details
        self.cause = cause
        self.retryAfter = retryAfter
    }

    /// An error about one part of the request, which the text names too.
    public static func parameter(_ code: ErrorCode, _ parameter: Parameter, _ problem: ErrorText) -> OutpostError {
        OutpostError(code, "\(parameter) \(problem)", details: [ParameterProblem(parameter, problem)])
    }

    /// The text in the words of no dialect, for the log. A text that names no part is the same in all of them.
    public var message: String { text.description }

    /// The same about a request that is `parent` of a larger one.
    public func within(_ parent: Parameter) -> OutpostError {
        OutpostError(
            code, "\(parent): \(text)",
            details: details.isEmpty
                ? [ParameterProblem(parent, text)]
                : details.map { ParameterProblem($0.parameter.within(parent), $0.problem) },
            cause: cause, retryAfter: retryAfter)
    }
}

extension OutpostError: CustomStringConvertible {
    public var description: String {
        cause.map { "\(code.rawValue): \(message) (cause: \($0))" } ?? "\(code.rawValue): \(message)"
    }
}
