// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OutpostAPI
import OutpostCore

/// Deletes one thing after the other; one that cannot be deleted does not keep the others.
///
/// - Throws: `ExitCode.failure` when one was not deleted, after the reasons were printed.
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

/// Does the same with one thing after the other; one that fails does not keep the others, and the reason is printed.
///
/// - Returns: what came of those that did not fail, and the exit code of the last that did.
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
