// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What an archive has put into a folder.
public struct UnpackedArchive: Hashable, Sendable {
    /// Entries of all kinds.
    public var entries: Int
    /// Bytes of all files.
    public var bytes: UInt64

    /// Makes the answer.
    public init(entries: Int, bytes: UInt64) {
        self.entries = entries
        self.bytes = bytes
    }
}

extension UnpackedArchive: JSONBody {
    public static let schema = Schema.object(
        "What an archive has put into a folder.",
        [
            Field("entries", .integer("Entries of all kinds.", 0...Int64.max), required: true),
            Field("bytes", .integer("Bytes of all files.", 0...Int64.max), required: true),
        ], isOpen: true
    ).named("UnpackedArchive")

    public var json: JSONValue {
        ["entries": .integer(Int64(entries)), "bytes": .integer(Int64(clamping: bytes))]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        entries = try object.required("entries", \.integerValue)
        bytes = UInt64(try object.required("bytes", \.integerValue))
    }
}
