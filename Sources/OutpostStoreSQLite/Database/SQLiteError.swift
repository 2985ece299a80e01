// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore

/// The kind of database access that failed.
enum SQLiteAccess {
    case read, write
}

extension OutpostError {
    /// The client's error for `error`, which a call to an open database threw.
    init(_ error: any Error, access: SQLiteAccess) {
        if let error = error as? OutpostError {
            self = error
            return
        }
        if error is UndecodableRecord {
            self.init(.internal, "a record in the server's database is damaged", cause: error)
            return
        }
        switch ((error as? DatabaseError)?.resultCode, access) {
        case (.SQLITE_FULL, _), (.SQLITE_IOERR, .write):
            self.init(.insufficientStorage, "the server's disk is full or fails; nothing was changed", cause: error)
        case (.SQLITE_CORRUPT, _), (.SQLITE_NOTADB, _):
            self.init(.internal, "the server's database is damaged", cause: error)
        case (.SQLITE_BUSY, _), (.SQLITE_LOCKED, _):
            self.init(.unavailable, "the server's database is busy", cause: error, retryAfter: 1)
        default:
            self.init(.internal, "the server's database failed", cause: error)
        }
    }

    /// The operator's error for `error`, which opening the database at `path` threw.
    init(_ error: any Error, openingDatabaseAt path: String) {
        let general = OutpostError(error, access: .write)
        let problem =
            switch (error as? DatabaseError)?.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: "it is damaged, or not a database; restore it from a backup"
            case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY: "its file or folder cannot be opened for writing"
            case nil where !(error is OutpostError): "its file cannot be created or made private"
            default: general.message
            }
        self.init(general.code, "cannot open the database \(path): \(problem)", cause: error)
    }
}
