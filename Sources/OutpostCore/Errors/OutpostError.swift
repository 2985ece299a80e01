// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A problem with one part of a request.
public struct ParameterProblem: Hashable, Sendable {
    public let parameter: Parameter
    /// A text that follows the part's name, such as "must be at least 1".
    public let problem: ErrorText

    public init(_ parameter: Parameter, _ problem: ErrorText) {
        self.parameter = parameter
        self.problem = problem
    }
}

/// The error type of all modules above `OutpostLinux`.
public struct OutpostError: Error, Sendable {
    public let code: ErrorCode
    /// The message for the caller. It has no internals.
    public let text: ErrorText
    public let details: [ParameterProblem]
    /// The error behind this one, for the log only. It may name paths, errnos and other internals.
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

    /// An error about one part of the request. Its message begins with the part's name.
    public static func parameter(_ code: ErrorCode, _ parameter: Parameter, _ problem: ErrorText) -> OutpostError {
        OutpostError(code, "\(parameter) \(problem)", details: [ParameterProblem(parameter, problem)])
    }

    /// The message with the neutral names of `Parameter`, for the log. A message that names no part is the same in all
    /// dialects.
    public var message: String { text.description }

    /// The same error for a request that is the part `parent` of a larger request.
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
