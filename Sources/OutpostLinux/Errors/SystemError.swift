// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A system call that failed: what was tried, on what, and why.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    public let operation: String
    public let path: String?
    public let number: Int32

    public init(_ operation: String, path: String? = nil, number: Int32) {
        self.operation = operation
        self.path = path
        self.number = number
    }

    public var description: String {
        let subject = path.map { " \($0)" } ?? ""
        return "\(operation)\(subject): \(String(cString: strerror(number))) (errno \(number))"
    }
}

/// Runs a call that answers -1 and errno, again when a signal interrupted it.
///
/// - Throws: `SystemError` with the errno read before any other call.
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

/// The outcome of `body` as a value: the standard library's closures over memory pass on no typed error.
func capture<Success>(_ body: () throws(SystemError) -> Success) -> Result<Success, SystemError> {
    do throws(SystemError) { return .success(try body()) } catch { return .failure(error) }
}

/// Turns the `-errno` of a shim call into a throw.
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
