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
    var deleted: [JSONValue] = []
    var exitCode = ExitCode.success
    for item in items {
        do {
            try await delete(item)
            deleted.append(.string(item.description))
        } catch let error as OutpostError {
            exitCode = ExitCode(ErrorReport(error).deliver())
        }
    }
    if json { try Output.print(["deleted": .array(deleted)]) }
    guard exitCode.isSuccess else { throw exitCode }
}
