// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore

/// Deletes the items one after the other. Goes on after an item that cannot be deleted, and prints the reason.
///
/// - Throws: the exit code of the last error, after all items were tried.
func deleteAll<Item: CustomStringConvertible>(
    _ items: [Item], json: Bool, _ delete: (Item) async throws -> Void
) async throws {
    let (deleted, exitCode) = try await withEach(items) { item in
        try await delete(item)
        return JSONValue.string(item.description)
    }
    if json { try Output.print(["deleted": .array(deleted)]) }
    guard exitCode.isSuccess else { throw exitCode }
}

/// Calls `act` with the items one after the other. Goes on after an `OutpostError`, and prints its message.
///
/// - Returns: the results without the failed ones, and the exit code of the last error, or success.
func withEach<Item, Value>(
    _ items: [Item], _ act: (Item) async throws -> Value
) async throws -> (done: [Value], exitCode: ExitCode) {
    var done: [Value] = []
    var exitCode = ExitCode.success
    for item in items {
        do {
            done.append(try await act(item))
        } catch let error as OutpostError {
            exitCode = ExitCode(ErrorReport(error).deliver())
        }
    }
    return (done, exitCode)
}
