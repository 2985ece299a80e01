// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The C library's text for an errno, such as "Permission denied".
public func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }

/// The error of a failed system call.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the call, or a verb that completes "cannot …".
    public let operation: String
    /// The file that the call was about.
    public let path: String?
    /// The errno.
    public let number: Int32

    /// An error with these values.
    public init(_ operation: String, path: String? = nil, number: Int32) {
        self.operation = operation
        self.path = path
        self.number = number
    }

    public var description: String {
        let subject = path.map { " \($0)" } ?? ""
        return "\(operation)\(subject): \(errorText(number)) (errno \(number))"
    }
}

/// Runs a call that returns -1 and sets errno on failure. Repeats the call after EINTR.
///
/// - Throws: `SystemError` with the call's errno.
@discardableResult
public func checked<Result: SignedInteger>(
    _ operation: @autoclosure () -> String, path: @autoclosure () -> String? = nil, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let number = errno
        if number != EINTR { throw SystemError(operation(), path: path(), number: number) }
    }
}

/// Returns the outcome of `body` as a value, because the standard library's `withUnsafe…` functions rethrow no typed error.
func capture<Success>(_ body: () throws(SystemError) -> Success) -> Result<Success, SystemError> {
    do throws(SystemError) { return .success(try body()) } catch { return .failure(error) }
}

/// Runs a function of COutpost that returns `-errno` on failure, and throws that. Repeats the call after EINTR.
@discardableResult
func shim<Result: SignedInteger>(
    _ operation: @autoclosure () -> String, path: @autoclosure () -> String? = nil, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        if result != -Result(EINTR) { throw SystemError(operation(), path: path(), number: Int32(-result)) }
    }
}
