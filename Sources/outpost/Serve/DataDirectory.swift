// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The data directory, locked for one server.
struct DataDirectory {
    let path: String
    /// Keeps the directory locked.
    private let lock: FileLock

    var database: String { "\(path)/outpost.sqlite" }
    var compilations: String { "\(path)/compilations" }
    /// The bodies of large answers to calls with an idempotency key.
    var answers: String { "\(path)/answers" }
    var jobResults: String { "\(path)/results" }
    var adminToken: String { "\(path)/admin.token" }
    /// The key of signed URLs.
    var linkKey: String { "\(path)/link.key" }

    /// Makes the directory when it does not exist, and locks it.
    ///
    /// - Throws: `conflict` when another server has locked it; `internal` when it cannot be made.
    init(path: String) throws(OutpostError) {
        self.path = path
        do throws(SystemError) {
            try makeDirectories(path, mode: 0o700)
            lock = try FileLock(path: "\(path)/lock")
        } catch {
            if error.number == SystemError.tryAgain {
                throw OutpostError(.conflict, "another server is using the data directory \(path)")
            }
            throw OutpostError(.internal, "the data directory \(path) cannot be used: \(error)", cause: error)
        }
    }
}
