// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore

/// A record whose content this version cannot read.
struct UndecodableRecord: Error {
    let reason: String
}

extension Row {
    /// The value of `column`.
    ///
    /// - Throws: `UndecodableRecord` where GRDB's subscript would end the process: for a value of another type.
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

    /// What `make` builds from the text in `column`, such as an id or the case of an enum.
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
