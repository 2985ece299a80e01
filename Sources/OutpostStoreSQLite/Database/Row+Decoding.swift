// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore

/// A row that this version cannot read.
struct UndecodableRecord: Error {
    let reason: String
}

extension Row {
    /// The value of `column`.
    ///
    /// - Throws: `UndecodableRecord` for null or a value of another type. GRDB's typed subscript would end the process.
    func decoded<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value: Value = try decodedIfPresent(column) else {
            throw UndecodableRecord(reason: "\(column) is null")
        }
        return value
    }

    /// The value of `column`, or nil for a null.
    func decodedIfPresent<Value: DatabaseValueConvertible>(
        _ column: String, as type: Value.Type = Value.self
    ) throws -> Value? {
        let stored: DatabaseValue = self[column]
        if stored.isNull { return nil }
        guard let value = Value.fromDatabaseValue(stored) else {
            throw UndecodableRecord(reason: "\(column) is not of type \(Value.self)")
        }
        return value
    }

    /// The value that `make` builds from the text in `column`.
    ///
    /// - Throws: `UndecodableRecord` when `make` returns nil.
    func decoded<Value>(_ column: String, with make: (String) -> Value?) throws -> Value {
        let text: String = try decoded(column)
        guard let value = make(text) else { throw UndecodableRecord(reason: "\(column) is '\(text)'") }
        return value
    }

    func decodedTimestamp(_ column: String) throws -> Timestamp {
        Timestamp(milliseconds: try decoded(column))
    }

    func decodedTimestampIfPresent(_ column: String) throws -> Timestamp? {
        try decodedIfPresent(column).map(Timestamp.init(milliseconds:))
    }
}
