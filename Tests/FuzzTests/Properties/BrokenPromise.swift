// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A property that does not hold for an input.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// - Throws: `BrokenPromise` unless `holds`.
func promise(_ holds: Bool, _ description: @autoclosure () -> String) throws {
    if !holds { throw BrokenPromise(description()) }
}

/// What `body` returns, where it must not throw.
func promised<Value>(_ description: @autoclosure () -> String, _ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch {
        throw BrokenPromise("\(description()): \(error)")
    }
}
