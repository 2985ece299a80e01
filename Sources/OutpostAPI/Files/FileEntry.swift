// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// An entry of a folder as the API shows it.
public struct FileEntry: Hashable, Sendable {
    /// The absolute path in the sandbox.
    public var path: String
    public var kind: FileInformation.Kind
    /// Bytes.
    public var size: UInt64
    /// Permission bits.
    public var mode: UInt32
    public var uid: UInt32
    public var gid: UInt32
    public var modifiedAt: Timestamp
    /// The target of a symbolic link. Nil for other kinds.
    public var target: String?

    /// The last part of the path.
    public var name: String { path.pathComponents.last ?? "/" }

    /// Makes an entry.
    public init(path: String, _ information: FileInformation, target: String? = nil) {
        self.path = path
        self.target = target
        kind = information.kind
        size = information.size
        mode = information.mode
        uid = information.uid
        gid = information.gid
        modifiedAt = Timestamp(milliseconds: information.modified / 1_000_000)
    }

    /// Makes the entry of a listed folder.
    ///
    /// - Parameter folder: the absolute path of the folder.
    public init(_ entry: DirectoryEntry, in folder: String) {
        self.init(path: Self.path(entry.path, in: folder), entry.information, target: entry.target)
    }

    /// Returns the absolute path of `path`, which is below `folder`.
    public static func path(_ path: String, in folder: String) -> String {
        path.isEmpty ? folder : (folder == "/" ? "" : folder) + "/" + path
    }
}

extension FileEntry: JSONBody {
    public static let schema = Schema.object(
        "An entry of a folder.",
        [
            Field(
                "name", .string("The last part of the path. Bytes that are not UTF-8 are replaced by U+FFFD."),
                required: true),
            Field("path", .string("The absolute path in the sandbox."), required: true),
            Field("type", .enumeration("The kind of entry.", FileInformation.Kind.self), required: true),
            Field("size", .integer("Bytes.", 0...Int64.max), required: true),
            Field("mode", .string("The permissions in octal, such as `0644`."), required: true),
            Field("uid", .integer("The owner, as in the sandbox.", 0...Int64.max), required: true),
            Field("gid", .integer("The group, as in the sandbox.", 0...Int64.max), required: true),
            Field("modified_at", .timestamp("When the content changed last."), required: true),
            Field(
                "target", Schema.string("The target of a symbolic link; null for other kinds.").orNull, required: true),
        ], isOpen: true
    ).named("FileEntry")

    public var json: JSONValue {
        [
            "name": .string(name), "path": .string(path), "type": .string(kind.rawValue),
            "size": .integer(Int64(clamping: size)), "mode": .string(modeText(mode)), "uid": .integer(Int64(uid)),
            "gid": .integer(Int64(gid)), "modified_at": .string(modifiedAt.rfc3339), "target": .optional(target),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        path = try object.required("path", \.stringValue)
        kind = try object.required("type", { $0.oneOf(FileInformation.Kind.self) })
        size = UInt64(try object.required("size", \.integerValue))
        mode = try object.required("mode", { $0.stringValue.flatMap { UInt32($0, radix: 8) } })
        uid = UInt32(clamping: try object.required("uid", \.integerValue))
        gid = UInt32(clamping: try object.required("gid", \.integerValue))
        modifiedAt = try object.required("modified_at", \.timestampValue)
        target = try object.optional("target", \.stringValue)
    }
}

/// The entries of a folder. The server writes them one by one.
public struct FileList: Hashable, Sendable {
    public var entries: [FileEntry]

    /// Makes a list.
    public init(_ entries: [FileEntry]) { self.entries = entries }
}

extension FileList: JSONBody {
    public static let schema = Schema.object(
        "The entries of a folder. A folder comes before its entries; there is no other order.",
        [Field("data", .array("", of: FileEntry.schema), required: true)], isOpen: true
    ).named("FileList")

    public var json: JSONValue { ["data": .array(entries.map(\.json))] }

    public init(validated object: JSONObject) throws(OutpostError) {
        entries = try object.list("data") { (value) throws(OutpostError) in
            try value.objectValue.map { (object) throws(OutpostError) in try FileEntry(validated: object) }
        }
    }
}
